using System.Diagnostics.Metrics;
using System.Text.Json;

namespace EdgeServe.Security;

/// <summary>Refusals, by reason: counted, not logged, since anybody can cause thousands a second.</summary>
internal sealed class AccessMeter : IDisposable
{
    public const string Name = "EdgeServe.Security";
    private static readonly KeyValuePair<string, object?>[] Reasons =
        [.. Enum.GetValues<AccessError>().Select(e => KeyValuePair.Create("reason", (object?)JsonNamingPolicy.SnakeCaseLower.ConvertName(e.ToString())))];

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _refused;

    public AccessMeter() => _refused = _meter.CreateCounter<long>("edgeserve_access_refused_total", description: "Requests refused for want of a key, a scope or room, by reason.");

    public void Refused(AccessError error) => _refused.Add(1, Reasons[(int)error]);

    public void Dispose() => _meter.Dispose();
}
