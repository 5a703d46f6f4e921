using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;
using EdgeServe.Engine.Jobs;

namespace EdgeServe.Http.Oip;

/// <summary>Sends an answer: whole where it is small, in steps a slow network can follow where it is not.</summary>
internal static class InferResponseBody
{
    private const int BinaryStepBytes = 256 << 10;
    private const int LeastWorthCompressing = 1 << 10;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    public static ValueTask WriteAsync(HttpContext context, InferResponse response)
    {
        var known = response.Request.Known;
        if (known?.Answer is { } answer && answer.Fits(response.Tensors))
        {
            var again = OipResponseWriter.BehindHeader(response);
            return WriteBinaryAsync(context, again, answer);
        }

        var writer = new OipResponseWriter(response);
        var scratch = _scratch ??= new ArrayBufferWriter<byte>(OipResponseWriter.StepBytes * 2);
        scratch.ResetWrittenCount();
        bool more = writer.WriteJson(scratch);
        var http = context.Response;
        if (writer.HasBinary)
            return WriteBinaryAsync(context, writer, Header(ref writer, scratch, more, response));
        http.ContentType = ErrorResponses.JsonContentType;
        if (more)
        {
            http.BodyWriter.Write(scratch.WrittenSpan);
            return WriteRestAsync(context, writer);
        }

        if (scratch.WrittenCount >= LeastWorthCompressing && AcceptedEncoding(context.Request) is { } encoding)
            return Compress(context, scratch.WrittenSpan, encoding);
        http.ContentLength = scratch.WrittenCount;
        http.BodyWriter.Write(scratch.WrittenSpan);
        return ValueTask.CompletedTask;
    }

    /// <summary>The rest of the header, kept where every output is binary and the request's header was worth keeping.</summary>
    private static KnownAnswer Header(ref OipResponseWriter writer, ArrayBufferWriter<byte> header, bool more, InferResponse response)
    {
        while (more)
            more = writer.WriteJson(header);
        var answer = new KnownAnswer(header.WrittenSpan.ToArray(), response.Tensors);
        if (response.Request.Known is { } known && writer.IsAllBinary)
            known.Answer = answer;
        return answer;
    }

    private static ValueTask WriteBinaryAsync(HttpContext context, OipResponseWriter writer, KnownAnswer answer)
    {
        var http = context.Response;
        http.ContentType = "application/octet-stream";
        http.Headers[InferBody.HeaderLengthName] = answer.HeaderLength;
        http.ContentLength = answer.Header.Length + writer.BinaryBytes;
        http.BodyWriter.Write(answer.Header);
        return writer.WriteBinary(http.BodyWriter, BinaryStepBytes) ? WriteRestBinaryAsync(context, writer) : ValueTask.CompletedTask;
    }

    private static async ValueTask WriteRestBinaryAsync(HttpContext context, OipResponseWriter writer)
    {
        var body = context.Response.BodyWriter;
        do
        {
            await body.FlushAsync(context.RequestAborted);
        }
        while (writer.WriteBinary(body, BinaryStepBytes));
        // Once headers are out the server flushes nothing of its own accord.
        await body.FlushAsync(context.RequestAborted);
    }

    private static async ValueTask WriteRestAsync(HttpContext context, OipResponseWriter writer)
    {
        var body = context.Response.BodyWriter;
        do
        {
            await body.FlushAsync(context.RequestAborted);
        }
        while (writer.WriteJson(body));
        await body.FlushAsync(context.RequestAborted);
    }

    /// <summary>An answer that was written before and stored: the same bytes, the same headers.</summary>
    public static async Task WriteStoredAsync(HttpContext context, JobResult result)
    {
        var http = context.Response;
        bool isJson = result.HeaderLength < 0;
        http.ContentType = isJson ? ErrorResponses.JsonContentType : "application/octet-stream";
        if (!isJson)
            http.Headers[InferBody.HeaderLengthName] = result.HeaderLength.ToString(CultureInfo.InvariantCulture);
        if (HttpMethods.IsHead(context.Request.Method))
        {
            http.ContentLength = result.Bytes;
            return;
        }

        if (isJson && result.Bytes is >= LeastWorthCompressing and < OipResponseWriter.StepBytes && AcceptedEncoding(context.Request) is { } encoding)
        {
            byte[] json = new byte[result.Bytes];
            await result.Content.ReadExactlyAsync(json, context.RequestAborted);
            await Compress(context, json, encoding);
            return;
        }

        http.ContentLength = result.Bytes;
        byte[] step = ArrayPool<byte>.Shared.Rent(BinaryStepBytes);
        try
        {
            // The envelope's trailer stands behind the content: so many bytes and no more.
            for (long left = result.Bytes; left > 0;)
            {
                int read = (int)Math.Min(left, step.Length);
                await result.Content.ReadExactlyAsync(step.AsMemory(0, read), context.RequestAborted);
                await http.Body.WriteAsync(step.AsMemory(0, read), context.RequestAborted);
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(step);
        }
    }

    private static ValueTask Compress(HttpContext context, ReadOnlySpan<byte> json, string encoding)
    {
        using var packed = new MemoryStream();
        using (Stream encoder = encoding == "gzip" ? new GZipStream(packed, CompressionLevel.Fastest, true) : new ZLibStream(packed, CompressionLevel.Fastest, true))
            encoder.Write(json);
        context.Response.Headers.ContentEncoding = encoding;
        context.Response.ContentLength = packed.Length;
        context.Response.BodyWriter.Write(packed.GetBuffer().AsSpan(0, (int)packed.Length));
        return ValueTask.CompletedTask;
    }

    private static string? AcceptedEncoding(HttpRequest request)
    {
        if (request.Headers.AcceptEncoding.Count == 0)
            return null;
        string accepted = request.Headers.AcceptEncoding.ToString();
        foreach (var part in accepted.Split(',', StringSplitOptions.TrimEntries))
        {
            var name = part.Split(';', 2, StringSplitOptions.TrimEntries);
            bool refused = name.Length > 1 && name[1].Replace(" ", "", StringComparison.Ordinal) is "q=0" or "q=0.0";
            if (!refused && name[0] is "gzip" or "deflate")
                return name[0];
        }

        return null;
    }
}
