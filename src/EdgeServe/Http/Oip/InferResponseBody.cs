using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;

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
        http.Headers[InferEndpoint.HeaderLengthName] = answer.HeaderLength;
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
