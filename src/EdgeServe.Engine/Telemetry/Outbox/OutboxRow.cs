using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using EdgeServe.Engine.Device;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>A batch as a row, with a checksum over everything that does not change.</summary>
internal static class OutboxRow
{
    /// <summary>Without the payload, which stands behind them.</summary>
    public const string Columns = "class,epoch,sequence,part,signal,items,bytes,boot,at_ms,wall,quality,sent,sum";

    public static OutboxBatch Read(SqliteDataReader reader) => new(
        reader.GetInt64(1), reader.GetInt64(2), reader.GetString(3), (TelemetryClass)reader.GetInt32(0), (OtlpSignal)reader.GetInt32(4),
        reader.GetInt32(5), reader.GetInt32(6),
        new OutboxMoment(reader.GetString(7), reader.GetInt64(8), reader.GetInt64(9), (ClockQuality)reader.GetInt32(10)), reader.GetInt64(11) != 0);

    public static long Sum(OutboxBatch batch, ReadOnlySpan<byte> payload)
    {
        var hash = new XxHash3();
        Span<byte> numbers = stackalloc byte[64];
        BinaryPrimitives.WriteInt64LittleEndian(numbers, batch.Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], batch.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[16..], (long)batch.Class);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[24..], (long)batch.Signal);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[32..], batch.Items);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[40..], batch.Moment.DeviceMs);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[48..], batch.Moment.WallMs);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[56..], (long)batch.Moment.Quality);
        hash.Append(numbers);
        hash.Append(Encoding.UTF8.GetBytes($"{batch.Part}\n{batch.Moment.BootId}\n"));
        hash.Append(payload);
        return (long)hash.GetCurrentHashAsUInt64();
    }
}
