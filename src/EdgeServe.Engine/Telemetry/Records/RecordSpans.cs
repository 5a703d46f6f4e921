using System.Diagnostics;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Telemetry.Records;

/// <summary>
/// Traces of one recorded inference in many, made from what was measured anyway and away from the thread that served:
/// a span of the request with its wait and its run.
/// </summary>
internal sealed class RecordSpans(int oneIn) : IDisposable
{
    public const string SourceName = "EdgeServe";
    private readonly ActivitySource _source = new(SourceName);
    private int _offered;

    public void Offer(in RunRecord record, long wallMs)
    {
        if (oneIn == 0 || record.IsError || _offered++ % oneIn != 0)
            return;
        var end = DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(0, wallMs));
        var ran = TimeSpan.FromMicroseconds(record.ComputeNanoseconds / 1000.0);
        var begin = end - ran - TimeSpan.FromMicroseconds(record.QueueNanoseconds / 1000.0);
        using var request = Begin("infer", default, begin);
        if (request is null)
            return;
        request.SetTag(RecordNames.Model, record.Model.Key.Name);
        request.SetTag(RecordNames.Version, record.Model.Key.Version);
        request.SetTag(RecordNames.Rows, record.Rows);
        End(Begin("queue", request.Context, begin), end - ran);
        End(Begin("compute", request.Context, end - ran), end);
        request.SetEndTime(end.UtcDateTime);
    }

    public void Dispose() => _source.Dispose();

    private Activity? Begin(string name, ActivityContext parent, DateTimeOffset at) => _source.StartActivity(name, ActivityKind.Internal, parent, startTime: at);

    private static void End(Activity? span, DateTimeOffset at)
    {
        span?.SetEndTime(at.UtcDateTime);
        span?.Dispose();
    }
}
