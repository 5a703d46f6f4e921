using System.Diagnostics.Metrics;

namespace EdgeServe.Security.Limits;

/// <summary>
/// Connections of the network, those refused, and those the server ended and why: too slow, too large, malformed, no
/// handshake. The reasons are Kestrel's own words, listened to, since such a connection never becomes a request.
/// </summary>
internal sealed class ConnectionMeter : IDisposable
{
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel";
    private const string Duration = "kestrel.connection.duration";
    private const string Rejected = "kestrel.rejected_connections";
    private const string ErrorType = "error.type";

    private static readonly KeyValuePair<string, object?>[] Reasons = [new("reason", "total"), new("reason", "address")];
    private static readonly KeyValuePair<string, object?> OfServer = new("reason", "server");

    private readonly Meter _meter = new(AccessMeter.Name);
    private readonly MeterListener _listener = new();
    private readonly Counter<long> _refused;
    private readonly Counter<long> _ended;
    private int _open;

    public ConnectionMeter()
    {
        _meter.CreateObservableGauge("edgeserve_lan_connections", () => Volatile.Read(ref _open), description: "Connections of the network.");
        _refused = _meter.CreateCounter<long>("edgeserve_connections_refused_total", description: "Connections closed at once, by the bound they met.");
        _ended = _meter.CreateCounter<long>("edgeserve_connections_ended_total", description: "Connections that did not end in good order, by reason.");
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == Kestrel && instrument.Name is Duration or Rejected)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, _, tags, _) => Ended(tags));
        _listener.SetMeasurementEventCallback<long>((_, count, _, _) => _refused.Add(count, OfServer));
        _listener.Start();
    }

    /// <summary>Connections of the network now.</summary>
    public int Open
    {
        set => Volatile.Write(ref _open, value);
    }

    public void Refused(ConnectionRefusal refusal) => _refused.Add(1, Reasons[(int)refusal]);

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    private void Ended(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, value) in tags)
        {
            if (name == ErrorType)
                _ended.Add(1, new KeyValuePair<string, object?>("reason", value));
        }
    }
}
