using System.Globalization;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Declares what was given up, as log records of the event <c>edgeserve.telemetry.dropped</c>, so that a receiver sees no gap it cannot explain.</summary>
internal static class Tombstone
{
    public const string Event = "edgeserve.telemetry.dropped";
    public const string Class = "edgeserve.drop.class";
    public const string Reason = "edgeserve.drop.reason";
    public const string Epoch = "edgeserve.drop.epoch";
    public const string Ranges = "edgeserve.drop.ranges";
    public const string Items = "edgeserve.drop.items";
    private const string Scope = "EdgeServe.Outbox";
    private const int Warning = 13;

    public static OutboxEntry Of(IReadOnlyCollection<OutboxDrop> drops, OutboxMoment moment)
    {
        var logs = new OtlpLogs();
        logs.Begin(Scope);
        foreach (var drop in drops)
        {
            logs.BeginRecord(Event, Warning, moment.WallMs, Text(drop));
            logs.Attribute(Class, Name(drop.Class));
            logs.Attribute(Reason, Name(drop.Reason));
            if (drop.Epoch > 0)
            {
                logs.Attribute(Epoch, drop.Epoch);
                logs.Attribute(Ranges, drop.Ranges);
            }

            logs.Attribute(Items, drop.Items);
            logs.EndRecord();
        }

        return new OutboxEntry(TelemetryClass.Alarm, OtlpSignal.Logs, logs.Count, logs.End(), moment);
    }

    public static string Name(TelemetryClass? kind) => kind switch
    {
        TelemetryClass.Alarm => "alarm",
        TelemetryClass.Record => "record",
        TelemetryClass.Log => "log",
        TelemetryClass.Metric => "metric",
        TelemetryClass.Trace => "trace",
        _ => "all",
    };

    public static string Name(DropReason reason) => reason switch
    {
        DropReason.Budget => "budget",
        DropReason.Overflow => "overflow",
        DropReason.DiskFull => "disk_full",
        DropReason.Refused => "refused",
        DropReason.Damaged => "damaged",
        DropReason.Lost => "lost",
        _ => "malformed",
    };

    private static string Text(OutboxDrop drop) => drop.Reason == DropReason.Lost
        ? "the outbox of this epoch is lost: what has not arrived of it, and of earlier ones, never will"
        : string.Create(CultureInfo.InvariantCulture, $"{drop.Items} {Name(drop.Class)} items given up: {Name(drop.Reason)}");
}
