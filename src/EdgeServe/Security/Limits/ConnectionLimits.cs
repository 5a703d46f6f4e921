using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
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
    private const int NetworkBits = 64;
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
        var place = PlaceOf(AddressOf(connection.RemoteEndPoint), AddressOf(connection.LocalEndPoint));
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

    private static IPAddress? AddressOf(EndPoint? end) => (end as IPEndPoint)?.Address;

    /// <summary>
    /// One address where it is a neighbour's. Of IPv6 from further away one network of 64 bits, which every host has to itself;
    /// neighbours share theirs.
    /// </summary>
    private static UInt128 PlaceOf(IPAddress? remote, IPAddress? local)
    {
        var place = NumberOf(remote);
        bool isNeighbour = remote is not { AddressFamily: AddressFamily.InterNetworkV6 } || remote.IsIPv4MappedToIPv6 || place >> NetworkBits == NumberOf(local) >> NetworkBits;
        return isNeighbour ? place : place >> NetworkBits << NetworkBits;
    }

    /// <summary>IPv4 as IPv6 writes it.</summary>
    private static UInt128 NumberOf(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return address is not null && address.MapToIPv6().TryWriteBytes(bytes, out _) ? BinaryPrimitives.ReadUInt128BigEndian(bytes) : UInt128.Zero;
    }

    private static partial class Log
    {
        [LoggerMessage(8301, LogLevel.Warning, "Closed a connection from {Address}: {Setting} is reached ({Count} closed so since the start; said once a minute)")]
        public static partial void Refused(ILogger logger, string address, string setting, long count);
    }
}
