using System.Globalization;
using System.IO.Pipelines;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;
using EdgeServe.Hosting;
using Microsoft.Extensions.Options;

namespace EdgeServe.Http.Oip;

/// <summary>
/// <c>POST /v2/models/{m}[/versions/{v}]/infer</c>: the infer flow's steps 1 (what the headers say), 2 (body into tensor
/// memory) and 7 (answer out of it) around <see cref="InferenceEngine"/>.
/// </summary>
internal sealed class InferEndpoint(InferenceEngine engine, IOptions<EdgeServeOptions> options)
{
    public const string HeaderLengthName = "Inference-Header-Content-Length";
    private readonly long _maxBytes = options.Value.Limits.MaxRequestBytes;

    public async Task InferAsync(HttpContext context, string name, long version)
    {
        // 1 Everything the headers can refuse.
        var model = await engine.Catalog.LeaseAsync(name, version, context.RequestAborted);
        using var request = new InferRequest(model);
        try
        {
            long? headerLength = ReadHeaderLength(context.Request);
            var body = RequestBody.Open(context, _maxBytes, out long bodyLength);

            // 2 The body: at once when it is here and looks like the last one, else parsed as it arrives.
            if (!TryReadKnown(body, request, headerLength, bodyLength))
                await ReadAsync(body, request, headerLength, bodyLength, context.RequestAborted);
        }
        catch (ServingException e)
        {
            model.Statistics.Failed(e.Error, TimeSpan.Zero);
            throw;
        }

        // 3 to 6, and 8.
        using var response = await engine.InferAsync(request, context.RequestAborted);

        // 7 The answer, from the memory the engine left it in.
        await InferResponseBody.WriteAsync(context, response);
    }

    private bool TryReadKnown(PipeReader body, InferRequest request, long? headerLength, long bodyLength)
    {
        if (headerLength is not > 0 || bodyLength < 0 || request.Model.KnownHeader is null || !body.TryRead(out var result))
            return false;
        bool read = result.Buffer.Length == bodyLength && KnownHeader.TryRead(request, engine.Memory, headerLength.Value, result.Buffer);
        if (read)
            body.AdvanceTo(result.Buffer.End);
        else
            body.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
        return read;
    }

    private async ValueTask ReadAsync(PipeReader body, InferRequest request, long? headerLength, long bodyLength, CancellationToken cancellation)
    {
        using var reader = new OipRequestReader(request, engine.Memory, headerLength, bodyLength);
        long total = 0;
        long waitFor = 1;
        while (true)
        {
            var result = await ReadBodyAsync(body, waitFor, cancellation);
            long taken = Take(body, reader, result);
            total += taken;
            long arrived = total + result.Buffer.Length - taken;
            // A token longer than what has arrived: wait for twice as much, so that a long one is not read again and again.
            waitFor = taken == 0 ? result.Buffer.Length * 2 : 1;
            body.AdvanceTo(result.Buffer.GetPosition(taken), result.Buffer.End);
            if (arrived > _maxBytes)
                throw RequestBody.TooLarge(arrived, _maxBytes);
            if (result.IsCompleted)
                break;
        }

        reader.Finish();
        OipResponseWriter.CheckRequest(request);
    }

    /// <summary>A refused body is given back too: the connection goes on with the next request.</summary>
    private static long Take(PipeReader body, OipRequestReader reader, ReadResult result)
    {
        try
        {
            return reader.Read(result.Buffer, result.IsCompleted);
        }
        catch
        {
            body.AdvanceTo(result.Buffer.End);
            throw;
        }
    }

    private static async ValueTask<ReadResult> ReadBodyAsync(PipeReader body, long atLeast, CancellationToken cancellation)
    {
        try
        {
            return atLeast <= 1
                ? await body.ReadAsync(cancellation)
                : await body.ReadAtLeastAsync((int)Math.Min(atLeast, int.MaxValue), cancellation);
        }
        catch (InvalidDataException e)
        {
            throw ServingException.Invalid($"the compressed body is damaged: {e.Message}");
        }
    }

    private static long? ReadHeaderLength(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(HeaderLengthName, out var value))
            return null;
        return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long length)
            ? length
            : throw ServingException.Invalid($"{HeaderLengthName} '{value}' is not a whole number of 0 or more");
    }
}
