using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync;

/// <summary>One class of telemetry on its way out: when it may be tried, and what stands in its way.</summary>
internal sealed class ClassLane(TelemetryClass kind, SyncBackoff backoff)
{
    public TelemetryClass Class => kind;

    public SyncBackoff Backoff => backoff;

    /// <summary>What the collector said to it last, when that was no; null: nothing stands in its way.</summary>
    public Standing? Trouble { get; set; }

    /// <summary>The last that was sent of it was acknowledged.</summary>
    public bool Works { get; set; }

    /// <summary>Rows given up one after the other since the last that was taken.</summary>
    public int GivenUp { get; set; }
}
