using System.Formats.Tar;
using System.Globalization;
using System.Text.RegularExpressions;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>
/// The inside of a part: a plain tar, so that openssl and tar are enough to get at it. Each file is a request,
/// gzip-compressed as it is posted: <c>metric/3-17.metrics.pb.gz</c>, and for a piece <c>log/3-18.1of2.logs.pb.gz</c>.
/// </summary>
internal static partial class PartArchive
{
    private const int Block = 512;

    /// <summary>The two empty blocks at the end of a tar.</summary>
    public const int End = 2 * Block;

    private const int MostFiles = 100_000;
    private const long LatestSeconds = 0x1_FFFF_FFFF;

    /// <summary>Bytes that a payload takes in the archive.</summary>
    public static long Room(long payload) => Block + ((payload + Block - 1) / Block * Block);

    public static byte[] Write(IReadOnlyList<(OutboxBatch Batch, byte[] Payload)> batches)
    {
        using var memory = new MemoryStream((int)batches.Sum(b => Room(b.Payload.Length)) + End);
        using (var tar = new TarWriter(memory, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (batch, payload) in batches)
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, NameOf(batch))
                {
                    DataStream = new MemoryStream(payload),
                    ModificationTime = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(batch.Moment.WallMs / 1000, 0, LatestSeconds)),
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead,
                });
            }
        }

        return memory.ToArray();
    }

    /// <exception cref="CarryOutException"><see cref="CarryOutError.Malformed"/>.</exception>
    public static List<CarriedBatch> Read(byte[] archive)
    {
        var found = new List<CarriedBatch>();
        try
        {
            using var tar = new TarReader(new MemoryStream(archive));
            while (tar.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || found.Count >= MostFiles || Name().Match(entry.Name) is not { Success: true } name)
                    throw Malformed("a part holds something else than requests");
                byte[] payload = new byte[entry.Length];
                entry.DataStream?.ReadExactly(payload);
                found.Add(new CarriedBatch(
                    Number(name.Groups["epoch"]), Number(name.Groups["sequence"]), name.Groups["part"].Value.Replace("of", "/", StringComparison.Ordinal),
                    Enum.Parse<TelemetryClass>(name.Groups["class"].Value, ignoreCase: true), Enum.Parse<OtlpSignal>(name.Groups["signal"].Value, ignoreCase: true), entry.Name, payload));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException or ArgumentException or OverflowException)
        {
            throw Malformed($"a part is no archive: {e.Message}", e);
        }

        return found;
    }

    private static string NameOf(OutboxBatch batch) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Tombstone.Name(batch.Class)}/{batch.Epoch}-{batch.Sequence}{(batch.Part.Length > 0 ? "." + batch.Part.Replace("/", "of", StringComparison.Ordinal) : "")}.{batch.Signal.ToString().ToLowerInvariant()}.pb.gz");

    private static long Number(Group group) => long.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    private static CarryOutException Malformed(string message, Exception? inner = null) => new(CarryOutError.Malformed, message, "It was not made by EdgeServe, or by a newer one.", inner);

    [GeneratedRegex(@"\A(?<class>alarm|record|log|metric|trace)/(?<epoch>[0-9]{1,18})-(?<sequence>[0-9]{1,18})(\.(?<part>[0-9]+of[0-9]+(\.[0-9]+of[0-9]+)*))?\.(?<signal>logs|metrics|traces)\.pb\.gz\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Name();
}
