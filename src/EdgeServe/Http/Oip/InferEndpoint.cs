using System.IO.Pipelines;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;
using EdgeServe.Hosting;
using EdgeServe.Security;
using Microsoft.Extensions.Options;

namespace EdgeServe.Http.Oip;

/// <summary>
/// <c>POST /v2/models/{m}[/versions/{v}]/infer</c>: the infer flow's steps 1 (what the headers say), 2 (body into tensor
/// memory) and 7 (answer out of it) around <see cref="InferenceEngine"/>.
/// </summary>
internal sealed class InferEndpoint(InferenceEngine engine, IOptions<EdgeServeOptions> options)
{
    private readonly long _maxBytes = options.Value.Limits.MaxRequestBytes;

    public async Task InferAsync(HttpContext context, string name, long version)
    {
        // 1 Everything the headers can refuse.
        var model = await engine.Catalog.LeaseAsync(name, version, context.RequestAborted);
        var caller = Caller.Of(context);
        var memory = caller.MemoryOf(engine.Memory, _maxBytes);
        using var request = new InferRequest(model) { Owner = caller.Owner };
        try
        {
            long? headerLength = InferBody.ReadHeaderLength(context.Request);
            var body = RequestBody.Open(context, _maxBytes, out long bodyLength);

            // 2 The body: at once when it is here and looks like the last one, else parsed as it arrives.
            if (!TryReadKnown(body, request, memory, headerLength, bodyLength))
                await InferBody.ReadAsync(body, request, memory, headerLength, bodyLength, _maxBytes, null, context.RequestAborted);
        }
        catch (ServingException e)
        {
            model.Statistics.Failed(e.Error, TimeSpan.Zero);
            throw;
        }

        // 3 to 6, and 8.
        using var response = await engine.InferAsync(request, context.RequestAborted);

        // 7 The answer, from the memory the engine left it in.
        long bytes = response.Bytes;
        memory.AccountOwn(bytes);
        try
        {
            await InferResponseBody.WriteAsync(context, response);
        }
        finally
        {
            memory.AccountOwn(-bytes);
        }
    }

    private static bool TryReadKnown(PipeReader body, InferRequest request, TensorMemoryPool memory, long? headerLength, long bodyLength)
    {
        if (headerLength is not > 0 || bodyLength < 0 || request.Model.KnownHeader is null || !body.TryRead(out var result))
            return false;
        bool read = result.Buffer.Length == bodyLength && KnownHeader.TryRead(request, memory, headerLength.Value, result.Buffer);
        if (read)
            body.AdvanceTo(result.Buffer.End);
        else
            body.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
        return read;
    }
}
