using System.Buffers.Binary;
using System.Net;
using EdgeServe.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace EdgeServe.Security.Limits;

/// <summary>
/// How many connections the network may hold open: in all, so that loopback and the control socket are never crowded out,
/// and from one address, so that one tablet cannot crowd out the others. One too many is closed before a byte of it is
/// read or a key of TLS is made; it is counted, and the log says so once a minute at most.
/// </summary>
internal sealed partial class ConnectionLimits(IOptions<EdgeServeOptions> options, ConnectionMeter meter, TimeProvider time, ILogger<ConnectionLimits> log)
{
    private const int NetworkBytes = 8;
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    private readonly int _most = options.Value.Limits.MaxLanConnections;
    private readonly int _mostOfAddress = options.Value.Limits.MaxConnectionsPerAddress;
    private readonly Dictionary<UInt128, int> _addresses = [];
    private readonly Lock _gate = new();
    private int _open;
    private long _refused;
    private long _spoken;

    /// <summary>Counts what comes in here.</summary>
    public ConnectionDelegate Limit(ConnectionDelegate next) => connection =>
    {
        var place = PlaceOf((connection.RemoteEndPoint as IPEndPoint)?.Address);
        if (Enter(place) is { } refusal)
        {
            Refuse(connection, refusal);
            return Task.CompletedTask;
        }

        return ServeAsync(connection, next, place);
    };

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next, UInt128 place)
    {
        try
        {
            await next(connection);
        }
        finally
        {
            Leave(place);
        }
    }

    /// <returns>Null: it may stay.</returns>
    private ConnectionRefusal? Enter(UInt128 place)
    {
        lock (_gate)
        {
            if (_open >= _most)
                return ConnectionRefusal.Total;
            int own = _addresses.GetValueOrDefault(place);
            if (own >= _mostOfAddress)
                return ConnectionRefusal.Address;
            _addresses[place] = own + 1;
            meter.Open = ++_open;
            return null;
        }
    }

    private void Leave(UInt128 place)
    {
        lock (_gate)
        {
            int own = _addresses[place] - 1;
            if (own == 0)
                _addresses.Remove(place);
            else
                _addresses[place] = own;
            meter.Open = --_open;
        }
    }

    private void Refuse(ConnectionContext connection, ConnectionRefusal refusal)
    {
        meter.Refused(refusal);
        long count = Interlocked.Increment(ref _refused), now = time.GetTimestamp(), spoken = Volatile.Read(ref _spoken);
        if ((spoken == 0 || time.GetElapsedTime(spoken, now) >= Silence) && Interlocked.CompareExchange(ref _spoken, now, spoken) == spoken)
            Log.Refused(log, connection.RemoteEndPoint?.ToString() ?? "?", refusal == ConnectionRefusal.Total ? "Limits:MaxLanConnections" : "Limits:MaxConnectionsPerAddress", count);
        connection.Abort(new ConnectionAbortedException("too many connections"));
    }

    /// <summary>One IPv4 address, or one IPv6 network of 64 bits, which every host has to itself.</summary>
    private static UInt128 PlaceOf(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (address is null || !address.TryWriteBytes(bytes, out int length))
            return UInt128.Zero;
        if (length != 4 && !address.IsIPv4MappedToIPv6)
            return new UInt128(1, BinaryPrimitives.ReadUInt64BigEndian(bytes[..NetworkBytes]));
        return BinaryPrimitives.ReadUInt32BigEndian(length == 4 ? bytes : bytes[12..]);
    }

    private static partial class Log
    {
        [LoggerMessage(8301, LogLevel.Warning, "Closed a connection from {Address}: {Setting} is reached ({Count} closed so since the start; said once a minute)")]
        public static partial void Refused(ILogger logger, string address, string setting, long count);
    }
}
