using System.Diagnostics;
using OpenTelemetry;

namespace EdgeServe.Engine.Telemetry;

/// <summary>Spans on their way to the SDK's queue, past the gate that counts.</summary>
internal sealed class GatedSpans(ExportGate gate, BaseProcessor<Activity> inner) : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        // The queue behind takes no other.
        if (data.Recorded && gate.TryEnter())
            inner.OnEnd(data);
    }

    protected override bool OnForceFlush(int timeoutMilliseconds) => inner.ForceFlush(timeoutMilliseconds);

    protected override bool OnShutdown(int timeoutMilliseconds) => inner.Shutdown(timeoutMilliseconds);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
