using System.Net;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Telemetry;

/// <summary>Step 3 of the telemetry flow: what the SDK believes to send is stored. It opens no connection.</summary>
internal sealed class OutboxHandler(OtlpSink sink, TelemetryClass kind, OtlpSignal signal) : HttpMessageHandler
{
    /// <summary>The exporters call this one.</summary>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        request.Content?.CopyTo(body, null, cancellationToken);
        return Keep(request, body);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        if (request.Content is not null)
            await request.Content.CopyToAsync(body, cancellationToken);
        return Keep(request, body);
    }

    private HttpResponseMessage Keep(HttpRequestMessage request, MemoryStream body)
    {
        byte[] content = body.ToArray();
        // An environment variable may have told the SDK to compress: numbers are written into plain requests.
        bool zipped = request.Content?.Headers.ContentEncoding.Contains("gzip") ?? false;
        sink.Add(kind, signal, zipped ? Gzip.Decompress(content) : content);
        return new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new ByteArrayContent([]) };
    }
}
