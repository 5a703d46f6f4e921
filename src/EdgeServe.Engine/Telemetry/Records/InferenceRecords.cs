using EdgeServe.Engine.Device;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Telemetry.Records;

/// <summary>Turns what was noted of requests into log records: in full while the budget lasts, the rest as counts by model and outcome.</summary>
internal sealed class InferenceRecords(DeviceClock clock, TimeProvider time, RecordSpans spans)
{
    private const int Information = 9;
    private const int Warning = 13;
    private readonly RecordCounts _counts = new();

    /// <summary>Writes each, and a trace for one in many.</summary>
    public void Write(ReadOnlySpan<RunRecord> noted, OtlpLogs logs)
    {
        long now = time.GetTimestamp();
        var moment = OutboxMoment.Now(clock);
        string quality = OtlpNames.Text(moment.Quality);
        foreach (ref readonly var record in noted)
        {
            long ago = (long)time.GetElapsedTime(record.At, now).TotalMilliseconds;
            Write(record, moment.WallMs - ago, moment.DeviceMs - ago, quality, logs);
            spans.Offer(record, moment.WallMs - ago);
            _counts.Told(record);
        }
    }

    /// <summary>What no record told.</summary>
    public void Summarize(List<(ModelVersionKey Key, long[] Counted)> read, OtlpLogs logs)
    {
        var moment = OutboxMoment.Now(clock);
        foreach (var (key, outcome, count) in _counts.Take(read))
        {
            logs.BeginRecord(RecordNames.InferenceSummary, outcome == RecordNames.Ok ? Information : Warning, moment.WallMs, "");
            Model(logs, key);
            logs.Attribute(RecordNames.Outcome, outcome);
            logs.Attribute(RecordNames.Count, count);
            Clock(logs, moment.DeviceMs, OtlpNames.Text(moment.Quality));
            logs.EndRecord();
        }
    }

    internal static void Clock(OtlpLogs logs, long deviceMs, string quality)
    {
        logs.Attribute(OtlpNames.DeviceMs, deviceMs);
        logs.Attribute(OtlpNames.Quality, quality);
    }

    private static void Model(OtlpLogs logs, ModelVersionKey key)
    {
        logs.Attribute(RecordNames.Model, key.Name);
        logs.Attribute(RecordNames.Version, key.Version);
    }

    private static void Write(in RunRecord record, long wallMs, long deviceMs, string quality, OtlpLogs logs)
    {
        logs.BeginRecord(RecordNames.Inference, record.IsError ? Warning : Information, wallMs, "");
        Model(logs, record.Model.Key);
        logs.Attribute(RecordNames.Digest, record.Model.Digest);
        logs.Attribute(RecordNames.Outcome, record.IsError ? record.Error.ToString() : RecordNames.Ok);
        logs.Attribute(RecordNames.Rows, record.Rows);
        logs.Attribute(RecordNames.QueueMicroseconds, record.QueueNanoseconds / 1000);
        if (!record.IsError)
            logs.Attribute(RecordNames.ComputeMicroseconds, record.ComputeNanoseconds / 1000);
        if (!record.IsError && record.Answer >= 0)
        {
            string[]? labels = record.Model.Definition.Telemetry.Answer is { } output ? record.Model.Labels.GetValueOrDefault(output) : null;
            logs.Attribute(RecordNames.Answer, labels is not null && record.Answer < labels.Length
                ? labels[record.Answer]
                : record.Answer.ToString(System.Globalization.CultureInfo.InvariantCulture));
            logs.Attribute(RecordNames.Confidence, Math.Round(record.Confidence, 4));
        }

        Clock(logs, deviceMs, quality);
        logs.EndRecord();
    }
}
