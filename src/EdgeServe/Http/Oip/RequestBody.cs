using System.IO.Compression;
using System.IO.Pipelines;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Http.Oip;

/// <summary>A request's body after its Content-Encoding, bounded either way.</summary>
internal static class RequestBody
{
    /// <param name="context">The request.</param>
    /// <param name="maxBytes">Largest body, compressed or not.</param>
    /// <param name="length">Length after decompression; -1 when unknown.</param>
    public static PipeReader Open(HttpContext context, long maxBytes, out long length)
    {
        var encoding = context.Request.Headers.ContentEncoding;
        if (encoding.Count == 0)
        {
            length = context.Request.ContentLength ?? -1;
            if (length > maxBytes)
                throw TooLarge(length, maxBytes);
            return context.Request.BodyReader;
        }

        length = -1;
        Stream decoded = encoding.ToString().Trim().ToLowerInvariant() switch
        {
            "gzip" or "x-gzip" => new GZipStream(context.Request.Body, CompressionMode.Decompress),
            "deflate" => new ZLibStream(context.Request.Body, CompressionMode.Decompress),
            "identity" or "" => context.Request.Body,
            _ => throw ServingException.Invalid($"Content-Encoding '{encoding}' is not supported; use gzip, deflate or none"),
        };
        var reader = PipeReader.Create(decoded, new StreamPipeReaderOptions(bufferSize: 64 << 10));
        context.Response.OnCompleted(() => reader.CompleteAsync().AsTask());
        return reader;
    }

    public static ServingException TooLarge(long length, long maxBytes) =>
        new(ServingError.RequestTooLarge, $"the request body of {length} bytes is larger than the {maxBytes} that are accepted",
            "Send fewer rows at a time, or raise Limits:MaxRequestBytes.");
}
