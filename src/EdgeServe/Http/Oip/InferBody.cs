using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;

namespace EdgeServe.Http.Oip;

/// <summary>Step 2 of the infer and job flows: the body of an inference request into tensor memory, as it arrives.</summary>
internal static class InferBody
{
    public const string HeaderLengthName = "Inference-Header-Content-Length";

    /// <param name="body">What arrives.</param>
    /// <param name="request">Receives the tensors.</param>
    /// <param name="memory">Where tensors live.</param>
    /// <param name="headerLength">Null: JSON.</param>
    /// <param name="bodyLength">After decompression; -1 when unknown.</param>
    /// <param name="maxBytes">The most that is taken.</param>
    /// <param name="keep">Gets every byte once, in order; null: nobody wants them.</param>
    /// <param name="cancellation">The client left.</param>
    /// <exception cref="ServingException">The body breaks the protocol.</exception>
    public static async ValueTask ReadAsync(PipeReader body, InferRequest request, TensorMemoryPool memory, long? headerLength, long bodyLength, long maxBytes,
        Action<ReadOnlySequence<byte>>? keep, CancellationToken cancellation)
    {
        using var reader = new OipRequestReader(request, memory, headerLength, bodyLength);
        long total = 0;
        long kept = 0;
        long waitFor = 1;
        while (true)
        {
            var result = await ReadBodyAsync(body, waitFor, cancellation);
            if (keep is not null)
            {
                Keep(body, keep, result, (int)(kept - total));
                kept = total + result.Buffer.Length;
            }

            long taken = Take(body, reader, result);
            total += taken;
            long arrived = total + result.Buffer.Length - taken;
            // A token longer than what has arrived: wait for twice as much, so that a long one is not read again and again.
            waitFor = taken == 0 ? result.Buffer.Length * 2 : 1;
            body.AdvanceTo(result.Buffer.GetPosition(taken), result.Buffer.End);
            if (arrived > maxBytes)
                throw RequestBody.TooLarge(arrived, maxBytes);
            if (result.IsCompleted)
                break;
        }

        reader.Finish();
        OipResponseWriter.CheckRequest(request);
    }

    /// <summary>Takes a body that nobody parses.</summary>
    /// <param name="body">What arrives.</param>
    /// <param name="maxBytes">The most that is taken.</param>
    /// <param name="see">Gets every byte once, in order.</param>
    /// <param name="cancellation">The client left.</param>
    public static async ValueTask PassAsync(PipeReader body, long maxBytes, Action<ReadOnlySequence<byte>> see, CancellationToken cancellation)
    {
        long total = 0;
        while (true)
        {
            var result = await ReadBodyAsync(body, 1, cancellation);
            see(result.Buffer);
            total += result.Buffer.Length;
            body.AdvanceTo(result.Buffer.End);
            if (total > maxBytes)
                throw RequestBody.TooLarge(total, maxBytes);
            if (result.IsCompleted)
                return;
        }
    }

    /// <returns>Null when the header is absent.</returns>
    public static long? ReadHeaderLength(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(HeaderLengthName, out var value))
            return null;
        return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long length)
            ? length
            : throw ServingException.Invalid($"{HeaderLengthName} '{value}' is not a whole number of 0 or more");
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

    private static void Keep(PipeReader body, Action<ReadOnlySequence<byte>> keep, ReadResult result, int known)
    {
        try
        {
            keep(result.Buffer.Slice(known));
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
}
