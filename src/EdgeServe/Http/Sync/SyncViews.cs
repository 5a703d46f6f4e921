using System.Globalization;
using System.Text.Json;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Sync;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Telemetry.Samples;

namespace EdgeServe.Http.Sync;

/// <summary>The forwarder and its outbox as the wire shows them.</summary>
internal sealed class SyncViews(Forwarder forwarder, TelemetryOutbox outbox, StickTelemetry sticks, DeviceClock clock, InputSampler? sampler = null)
{
    public SyncBody All()
    {
        var (standing, waits) = Standings();
        return new SyncBody(
            Snake(standing.State), Snake(standing.Reason), Some(standing.Detail), SyncTexts.Hint(waits?.Reason ?? standing.Reason), Waits(waits), forwarder.Endpoint?.ToString(),
            forwarder.Record.LastContact is { } contact ? new ContactBody(Days(contact.Ago), Text(contact.At)) : null,
            Milliseconds(() => forwarder.NextTry), forwarder.Counters.Bytes, forwarder.Counters.Rejected,
            forwarder.Options.BytesPerDay > 0 ? forwarder.Budget.Left : null, forwarder.Options.Quiet?.ToString(), [.. forwarder.Lanes.Select(Of)], CarryOut(), Samples());
    }

    public SyncStatusBody Status()
    {
        var (standing, waits) = Standings();
        return new SyncStatusBody(
            Snake(standing.State), Snake(standing.Reason), Waits(waits), outbox.Totals.Batches, outbox.Totals.Bytes,
            forwarder.Record.LastContact is { } contact ? Days(contact.Ago) : null, CarryOut());
    }

    /// <summary>What only a person can mend, with what to do.</summary>
    public IEnumerable<(string Code, string Reason, string? Hint)> Problems()
    {
        Standing?[] standings = [forwarder.Connectivity.Current, .. forwarder.Lanes.Select(l => l.Trouble)];
        return forwarder.Endpoint is null ? [] : standings.OfType<Standing>().Where(s => s.NeedsPerson).DistinctBy(s => s.Reason)
            .Select(s => (s.Reason.ToString(), $"telemetry waits: the collector {s.Detail}", SyncTexts.Hint(s.Reason)));
    }

    public static string Snake<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private (Standing Standing, Standing? Waits) Standings() => forwarder.Endpoint is null
        ? (new Standing(ConnectivityState.Offline, SyncReason.NotConfigured, ""), null)
        : (forwarder.Connectivity.Current, forwarder.Waits);

    private SyncClassBody Of(ClassLane lane)
    {
        var totals = outbox.Totals[lane.Class];
        return new SyncClassBody(
            Tombstone.Name(lane.Class), totals.Batches, totals.Items, totals.Bytes, totals.Batches > 0 ? Oldest(lane.Class) : null, totals.SentBatches, forwarder.Counters.Sent(lane.Class),
            totals.AcknowledgedItems, totals.DroppedItems, lane.Trouble is { } trouble ? Snake(trouble.Reason) : null,
            Milliseconds(() => lane.Backoff.Left is { Ticks: > 0 } left ? left : null));
    }

    private CarryOutBody? CarryOut() => sticks.TelemetryKey is null && sticks.Record.Carried is null ? null : new CarryOutBody(
        sticks.Options.MaxBytes,
        sticks.Record.Carried is { } carried ? new CarriedBody(Days(carried.Ago), Text(carried.At), carried.Batches, carried.Bytes, carried.Left) : null,
        sticks.Record.Acknowledged is { } acknowledged ? new AcknowledgedBody(Days(acknowledged.Ago), Text(acknowledged.At), acknowledged.Batches) : null,
        sticks.Last?.Error is { } error ? Snake(error) : null, sticks.Last?.Refused);

    private InputSamplesBody? Samples()
    {
        if (sampler is null)
            return null;
        var counts = sampler.Counts;
        long left = sampler.LeftToday;
        string? blocked = !sampler.IsAsked ? "no_model_asks" : !sampler.HasKey ? "no_telemetry_key" : left == 0 ? "day_spent" : null;
        return new InputSamplesBody(
            blocked, left, counts[SampleOutcome.Taken], counts[SampleOutcome.NoKey], counts[SampleOutcome.TooLarge], counts[SampleOutcome.DaySpent],
            counts[SampleOutcome.OutboxFull], counts[SampleOutcome.Busy], counts[SampleOutcome.Failed]);
    }

    private static double Days(TimeSpan ago) => Math.Round(ago.TotalDays, 2);

    private static string Text(DateTimeOffset at) => at.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>The first batch behind all of the class before.</summary>
    private long? Oldest(TelemetryClass kind)
    {
        try
        {
            var before = new OutboxBatch(long.MaxValue, long.MaxValue, "", kind - 1, OtlpSignal.Logs, 0, 0, default, Sent: false);
            return outbox.Pending(1, 1, before) is [var first] && first.Class == kind ? Math.Max(0, clock.Now - first.Moment.DeviceMs) : null;
        }
        catch (StorageException)
        {
            return null;
        }
    }

    private static long? Milliseconds(Func<TimeSpan?> left)
    {
        try
        {
            return (long?)left()?.TotalMilliseconds;
        }
        catch (StorageException)
        {
            // The outbox says so itself.
            return null;
        }
    }

    private static string? Waits(Standing? waits) => waits is null ? null : Snake(waits.Reason);

    private static string? Some(string text) => text.Length > 0 ? text : null;
}
