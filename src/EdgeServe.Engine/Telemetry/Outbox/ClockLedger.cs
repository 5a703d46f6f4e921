using EdgeServe.Engine.Device;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>
/// Places in time what was recorded while the wall clock was wrong. Running time stands still while the power is off, so
/// that wall clock minus running time never falls from boot to boot where the wall clock is right: a boot whose clock was
/// never right lies between the offsets of its neighbours. Told as log records of the event <c>edgeserve.clock</c>.
/// </summary>
internal static class ClockLedger
{
    public const string Event = "edgeserve.clock";
    public const string Boot = "edgeserve.clock.boot_id";
    public const string FirstMs = "edgeserve.clock.first_device_ms";
    public const string EndMs = "edgeserve.clock.end_device_ms";
    public const string LeastOffset = "edgeserve.clock.offset_min_ms";
    public const string MostOffset = "edgeserve.clock.offset_max_ms";
    public const string Before = "edgeserve.clock.offset_before_ms";
    private const string Scope = "EdgeServe.Clock";
    private const int Information = 9;
    private const int MostBoots = 256;
    private const long Tolerance = 2_000;

    /// <summary>Looks at the clock whenever something is stored.</summary>
    /// <param name="session">The outbox.</param>
    /// <param name="now">The clocks as they are.</param>
    /// <param name="firstMs">Running time of the oldest that is stored now: of a boot not seen before, it began there at the latest.</param>
    /// <returns>What to tell: the clock became right, or was set; null: nothing new.</returns>
    public static OutboxEntry? Look(OutboxSession session, OutboxMoment now, long firstMs)
    {
        var boots = session.Boots();
        long offset = now.WallMs - now.DeviceMs;
        bool right = now.Quality == ClockQuality.Synchronized;
        var known = boots.Find(b => b.Id == now.BootId);
        if (known is not null && (known.IsPlaced || !right) && Math.Abs(offset - known.OffsetMs) < Tolerance)
            return null;
        // Once right it stays right: a clock that nothing disciplines any more only drifts, or somebody set it.
        var current = new Boot(now.BootId, known?.FirstMs ?? firstMs, offset, right);
        session.PutBoot(current);
        if (known is null && !right)
        {
            Forget(session, boots);
            return null;
        }

        var logs = new OtlpLogs();
        logs.Begin(Scope);
        if (right)
            Place(session, boots, current, now, logs);
        Tell(logs, current, now, right ? offset : null, right ? offset : null, endMs: null, known?.OffsetMs);
        return new OutboxEntry(TelemetryClass.Alarm, OtlpSignal.Logs, logs.Count, logs.End(), now);
    }

    /// <summary>Earlier boots whose clock was never right lie between the last one that was and this one.</summary>
    private static void Place(OutboxSession session, List<Boot> boots, Boot current, OutboxMoment now, OtlpLogs logs)
    {
        var earlier = boots.FindAll(b => b.Id != current.Id && b.FirstMs <= current.FirstMs);
        int last = earlier.FindLastIndex(b => b.IsPlaced);
        long? least = last >= 0 ? earlier[last].OffsetMs : null;
        for (int i = last + 1; i < earlier.Count; i++)
            Tell(logs, earlier[i], now, least, current.OffsetMs, i + 1 < earlier.Count ? earlier[i + 1].FirstMs : current.FirstMs, before: null);
        // All of them are told; this boot is the neighbour of those to come.
        earlier.ForEach(session.DeleteBoot);
    }

    private static void Tell(OtlpLogs logs, Boot boot, OutboxMoment now, long? least, long? most, long? endMs, long? before)
    {
        logs.BeginRecord(Event, Information, now.WallMs, "");
        logs.Attribute(Boot, boot.Id);
        logs.Attribute(FirstMs, boot.FirstMs);
        if (endMs is { } end)
            logs.Attribute(EndMs, end);
        if (least is { } min)
            logs.Attribute(LeastOffset, min);
        if (most is { } max)
            logs.Attribute(MostOffset, max);
        if (before is { } was)
            logs.Attribute(Before, was);
        logs.Attribute(OtlpNames.DeviceMs, now.DeviceMs);
        logs.Attribute(OtlpNames.WallMs, now.WallMs);
        logs.Attribute(OtlpNames.Quality, OtlpNames.Text(now.Quality));
        logs.EndRecord();
    }

    private static void Forget(OutboxSession session, List<Boot> boots)
    {
        // The oldest that was not right says least.
        if (boots.Count >= MostBoots && boots.Find(b => !b.IsPlaced) is { } oldest)
            session.DeleteBoot(oldest);
    }
}
