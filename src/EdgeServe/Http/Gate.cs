using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Storage;
using EdgeServe.Grpc;
using EdgeServe.Http.Trust;
using EdgeServe.Security;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Http;

/// <summary>The first and last thing every request meets: who may call at all, and what an error looks like.</summary>
internal sealed partial class Gate(RequestDelegate next, HostGuard guard, TrustPage trust, ILogger<Gate> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!GrpcErrors.IsGrpc(context.Request))
            SecurityHeaders.Set(context.Response);
        if (guard.Refusal(context) is { } refusal)
        {
            Log.Refused(log, refusal);
            await ErrorResponses.WriteAsync(context, StatusCodes.Status403Forbidden, refusal, "ForeignCaller",
                "Call the server by its own address, or name yours in Server:AllowedHosts or Server:AllowedOrigins.");
            return;
        }

        // RFC 9113, 8.2.2. The framework does not mind, and whoever forwards it might.
        if (context.Request.Headers.TransferEncoding.Count > 0 && HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            await ErrorResponses.WriteAsync(context, StatusCodes.Status400BadRequest, "HTTP/2 has no Transfer-Encoding", "BadRequest");
            return;
        }

        if (Listener.Of(context) == Listener.TrustPage)
        {
            await trust.AnswerAsync(context);
            return;
        }

        try
        {
            if (HasStrayTrailingSlash(context.Request.Path))
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            else
                await next(context);
            await CompleteEmptyErrorAsync(context);
        }
        catch (ServingException e)
        {
            await ErrorResponses.WriteAsync(context, e);
        }
        catch (JobException e)
        {
            await ErrorResponses.WriteAsync(context, e);
        }
        catch (BundleException e)
        {
            await ErrorResponses.WriteAsync(context, e);
        }
        catch (KeyEndedException)
        {
            var caller = Caller.Of(context);
            await ErrorResponses.WriteAsync(context, caller.EndedBy, caller, Scope.Infer, TimeSpan.Zero);
        }
        catch (KeyException e)
        {
            await ErrorResponses.WriteAsync(context, e);
        }
        catch (PairingException e)
        {
            await ErrorResponses.WriteAsync(context, e);
        }
        catch (ClockException e)
        {
            await ErrorResponses.WriteAsync(context, e);
        }
        catch (StorageException e)
        {
            await ErrorResponses.WriteAsync(context, e);
        }
        catch (BadHttpRequestException e)
        {
            await ErrorResponses.WriteAsync(context, e.StatusCode, e.Message, "BadRequest", HintFor(e.StatusCode));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to tell.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.Failed(log, context.TraceIdentifier, e);
            await ErrorResponses.WriteAsync(context, StatusCodes.Status500InternalServerError, "internal error", "Internal",
                $"The log has the details under request id {context.TraceIdentifier}.");
        }
    }

    /// <summary>The framework's own 404, 405 and 415 come without a body.</summary>
    private static Task CompleteEmptyErrorAsync(HttpContext context)
    {
        if (context.Response.HasStarted || context.Response.StatusCode < 400 || context.Response.ContentLength is not null || context.Response.ContentType is not null)
            return Task.CompletedTask;
        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ErrorResponses.WriteAsync(context, StatusCodes.Status404NotFound, "Not Found"),
            StatusCodes.Status405MethodNotAllowed => MethodNotAllowedAsync(context),
            _ => Task.CompletedTask,
        };
    }

    private static Task MethodNotAllowedAsync(HttpContext context)
    {
        var allow = context.Response.Headers.Allow;
        return ErrorResponses.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "Method Not Allowed", hint: $"Allowed here: {allow}.", allow: allow);
    }

    private static bool HasStrayTrailingSlash(PathString path) =>
        path.Value is { Length: > 1 } value && value[^1] == '/' && value != "/v2/";

    private static string? HintFor(int status) => status == StatusCodes.Status413PayloadTooLarge
        ? "Send fewer rows at a time, or raise Limits:MaxRequestBytes."
        : null;

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Warning, "Refused a request: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);

        [LoggerMessage(3002, LogLevel.Error, "Request {RequestId} failed")]
        public static partial void Failed(ILogger logger, string requestId, Exception error);
    }
}
