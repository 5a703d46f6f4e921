using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Telemetry;

/// <summary>Keeps the SDK's own queue from filling: it would drop without telling. What finds no room is counted here.</summary>
internal sealed class ExportGate(OtlpSink sink, TelemetryClass kind)
{
    public const int SdkQueue = 2048;
    private const int Most = SdkQueue - 48;
    private int _inside;

    /// <returns>False: counted as dropped; do not hand it to the SDK.</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _inside) <= Most)
            return true;
        Interlocked.Decrement(ref _inside);
        sink.CountDropped(kind, 1);
        return false;
    }

    /// <param name="items">Taken out of the SDK's queue.</param>
    /// <param name="stored">Did they arrive?</param>
    public void Leave(int items, bool stored)
    {
        Interlocked.Add(ref _inside, -items);
        if (!stored)
            sink.CountDropped(kind, items);
    }
}
