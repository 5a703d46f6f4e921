using OpenTelemetry;

namespace EdgeServe.Engine.Telemetry;

/// <summary>An exporter behind a gate that knows what waits in front of it.</summary>
internal sealed class GatedExporter<T>(BaseExporter<T> inner, ExportGate gate) : BaseExporter<T>
    where T : class
{
    public override ExportResult Export(in Batch<T> batch)
    {
        int items = (int)batch.Count;
        var result = ExportResult.Failure;
        try
        {
            result = inner.Export(batch);
        }
        finally
        {
            gate.Leave(items, result == ExportResult.Success);
        }

        return result;
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
