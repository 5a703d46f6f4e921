using System.Net;
using System.Net.Http.Headers;
using EdgeServe.Engine.Bundles.Registry;

namespace EdgeServe.Engine.Sync;

/// <summary>A stored payload on its way out, in chunks: counted against the budget, paced, each chunk a sign of life.</summary>
internal sealed class LinkContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _payload;
    private readonly LinkBudget _budget;
    private readonly int _chunk;
    private readonly Action _progress;

    /// <param name="payload">gzip of a protobuf request, unchanged.</param>
    /// <param name="budget">What the link may carry.</param>
    /// <param name="chunk">Bytes at a time: what a paced link carries in about a second.</param>
    /// <param name="progress">Called when the link has taken a chunk.</param>
    public LinkContent(ReadOnlyMemory<byte> payload, LinkBudget budget, int chunk, Action progress)
    {
        (_payload, _budget, _chunk, _progress) = (payload, budget, chunk, progress);
        Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        Headers.ContentEncoding.Add("gzip");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        for (int sent = 0; sent < _payload.Length; sent += _chunk)
        {
            var chunk = _payload[sent..Math.Min(sent + _chunk, _payload.Length)];
            await _budget.SpendAsync(chunk.Length, cancellationToken);
            _progress();
            await stream.WriteAsync(chunk, cancellationToken);
            _progress();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _payload.Length;
        return true;
    }
}
