using System.Diagnostics.Metrics;
using System.Text.Json;

namespace EdgeServe.Engine.Telemetry.Samples;

/// <summary>Requests whose turn it was, by what became of them, since the service began; and their meter.</summary>
internal sealed class SampleCounts : IDisposable
{
    public const string MeterName = "EdgeServe.Samples";
    private static readonly SampleOutcome[] Outcomes = Enum.GetValues<SampleOutcome>();
    private static readonly string[] Names = [.. Outcomes.Select(o => JsonNamingPolicy.SnakeCaseLower.ConvertName(o.ToString()))];
    private readonly long[] _counts = new long[Outcomes.Length];
    private readonly Meter _meter = new(MeterName);

    public SampleCounts() => _meter.CreateObservableCounter(
        "edgeserve_input_samples_total", () => Outcomes.Select(o => new Measurement<long>(this[o], new KeyValuePair<string, object?>("outcome", Names[(int)o]))),
        description: "Requests whose inputs were to be sampled, by what became of them.");

    public long this[SampleOutcome outcome] => Volatile.Read(ref _counts[(int)outcome]);

    public void Add(SampleOutcome outcome) => Interlocked.Increment(ref _counts[(int)outcome]);

    public void Dispose() => _meter.Dispose();
}
