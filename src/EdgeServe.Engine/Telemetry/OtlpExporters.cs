using EdgeServe.Engine.Telemetry.Outbox;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;

namespace EdgeServe.Engine.Telemetry;

/// <summary>The SDK's exporters, each with a handler that stores.</summary>
internal static class OtlpExporters
{
    /// <summary>Never resolved: the handler opens no connection.</summary>
    private const string Nowhere = "http://outbox.invalid";

    public static BaseProcessor<LogRecord> Logs(OtlpSink sink, TelemetryClass kind, ExportGate gate, TimeSpan interval) => new BatchLogRecordExportProcessor(
        new GatedExporter<LogRecord>(new OtlpLogExporter(Options(sink, kind, OtlpSignal.Logs)), gate), ExportGate.SdkQueue, (int)interval.TotalMilliseconds);

    public static BaseProcessor<System.Diagnostics.Activity> Traces(OtlpSink sink, TimeSpan interval)
    {
        var gate = new ExportGate(sink, TelemetryClass.Trace);
        return new GatedSpans(gate, new BatchActivityExportProcessor(
            new GatedExporter<System.Diagnostics.Activity>(new OtlpTraceExporter(Options(sink, TelemetryClass.Trace, OtlpSignal.Traces)), gate), ExportGate.SdkQueue, (int)interval.TotalMilliseconds));
    }

    public static OtlpMetricExporter Metrics(OtlpSink sink) => new(Options(sink, TelemetryClass.Metric, OtlpSignal.Metrics));

    private static OtlpExporterOptions Options(OtlpSink sink, TelemetryClass kind, OtlpSignal signal) => new()
    {
        Protocol = OtlpExportProtocol.HttpProtobuf,
        Endpoint = new Uri(Nowhere + OtlpNames.PathOf(signal)),
        HttpClientFactory = () => new HttpClient(new OutboxHandler(sink, kind, signal)),
    };
}
