using EdgeServe.Engine.Inference;
using EdgeServe.Hosting;
using EdgeServe.Security;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace EdgeServe.Grpc;

/// <summary>
/// <c>ModelInfer</c> and <c>ModelStreamInfer</c>: the infer flow's steps 1, 2 and 7 around <see cref="InferenceEngine"/>.
/// <para>The two read and write their messages themselves. The gRPC library hands over a message only when all of it lies
/// in managed memory that nobody counts; here tensors are counted before they are read and copied once.</para>
/// </summary>
internal sealed partial class InferCalls(
    InferenceEngine engine, IOptions<EdgeServeOptions> options, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<InferCalls> log)
{
    private readonly int _maxBytes = options.Value.Limits.MaxGrpcMessageBytes;

    public async Task ModelInferAsync(HttpContext context)
    {
        if (!GrpcCall.TryOpen(context, time, endless: false, out var call))
            return;
        try
        {
            // 2 The message, decoded as it arrives; and the end of the body, so that the call ends in good order.
            var messages = Open(context);
            using var message = await messages.ReadAsync(context.RequestAborted)
                ?? throw ServingException.Invalid("the call has no message");
            if (await messages.ReadAsync(context.RequestAborted) is { } second)
            {
                second.Dispose();
                throw ServingException.Invalid("the call has more than one message; use ModelStreamInfer for several");
            }

            await AnswerAsync(context, call, message, streamed: false);
            GrpcErrors.Succeed(context);
        }
        catch (Exception e) when (Explain(context, e) is { } error)
        {
            GrpcErrors.Fail(context, error);
        }
    }

    public async Task ModelStreamInferAsync(HttpContext context)
    {
        if (!GrpcCall.TryOpen(context, time, endless: true, out var call))
            return;
        var caller = Caller.Of(context);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping, caller.Ended);
        try
        {
            // A client may wait for the headers before it sends anything.
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            var messages = Open(context);
            while (await AnswerNextAsync(context, call, messages, stop.Token))
            {
            }

            GrpcErrors.Succeed(context);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            GrpcErrors.Fail(context, StatusCode.Unavailable, "the server is stopping");
        }
        catch (OperationCanceledException) when (caller.Ended.IsCancellationRequested)
        {
            GrpcErrors.Fail(context, StatusCode.Unauthenticated, AccessTexts.Of(caller.EndedBy, caller, caller.Scope).Message);
        }
        catch (Exception e) when (Explain(context, e) is { } error)
        {
            GrpcErrors.Fail(context, error);
        }
    }

    /// <summary>One request of a stream. Its failure is its own: the stream goes on.</summary>
    /// <returns>False when the client has sent its last.</returns>
    private async Task<bool> AnswerNextAsync(HttpContext context, GrpcCall call, InferMessages messages, CancellationToken stop)
    {
        InferMessage? message = null;
        try
        {
            message = await messages.ReadAsync(stop);
            if (message is null)
                return false;
            stop.ThrowIfCancellationRequested();
            Count(Caller.Of(context));
            await AnswerAsync(context, call, message, streamed: true);
        }
        catch (Exception e) when (!messages.IsBroken && Explain(context, e) is { } error)
        {
            InferAnswer.WriteError(context.Response.BodyWriter, error.Message, message?.Id ?? messages.FailedId);
        }
        finally
        {
            message?.Dispose();
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        return true;
    }

    private async ValueTask AnswerAsync(HttpContext context, GrpcCall call, InferMessage message, bool streamed)
    {
        // 1 Who is asked: only the message says.
        var caller = Caller.Of(context);
        GrpcModels.Check(caller, message.ModelName);
        var model = await engine.Catalog.LeaseAsync(message.ModelName, message.Version(), context.RequestAborted);
        using var request = new InferRequest(model) { Owner = caller.Owner };
        var memory = caller.MemoryOf(engine.Memory, _maxBytes);
        message.MoveTo(request, memory);
        call.Limit(request);

        // 3 to 6, and 8.
        using var response = await engine.InferAsync(request, context.RequestAborted);

        // 7 The answer, from the memory the engine left it in.
        long bytes = response.Bytes;
        memory.AccountOwn(bytes);
        try
        {
            await InferAnswer.WriteAsync(context.Response.BodyWriter, response, streamed, _maxBytes, context.RequestAborted);
        }
        finally
        {
            memory.AccountOwn(-bytes);
        }
    }

    /// <summary>A stream was let in once; what it asks is counted one by one.</summary>
    /// <exception cref="ServingException"><see cref="ServingError.QueueFull"/>.</exception>
    private void Count(Caller caller)
    {
        if (!caller.TryCount(time.GetTimestamp(), out var wait))
            throw new ServingException(ServingError.QueueFull, AccessTexts.Of(AccessError.TooManyRequests, caller, caller.Scope).Message) { RetryAfter = wait };
    }

    private InferMessages Open(HttpContext context) =>
        new(context.Request.BodyReader, context.Request.Headers["grpc-encoding"], Caller.Of(context).MemoryOf(engine.Memory, _maxBytes), _maxBytes);

    /// <returns>What to tell the client; null when it is gone.</returns>
    private ServingException? Explain(HttpContext context, Exception e)
    {
        if (e is ServingException error)
            return error;
        if (e is OperationCanceledException or IOException)
            return context.RequestAborted.IsCancellationRequested || e is OperationCanceledException ? null : ServingException.Invalid(e.Message);
        Log.Failed(log, context.TraceIdentifier, e);
        return new ServingException(ServingError.RunFailed, $"internal error; the log has the details under request id {context.TraceIdentifier}");
    }

    private static partial class Log
    {
        [LoggerMessage(3101, LogLevel.Error, "gRPC call {RequestId} failed")]
        public static partial void Failed(ILogger logger, string requestId, Exception error);
    }
}
