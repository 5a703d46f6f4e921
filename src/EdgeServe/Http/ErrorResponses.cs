using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Storage;
using EdgeServe.Grpc;
using EdgeServe.Security;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;
using Microsoft.Extensions.Primitives;

namespace EdgeServe.Http;

/// <summary>The one table from errors to HTTP statuses, and the one way an error is written.</summary>
internal static class ErrorResponses
{
    // A client compares this string: no charset.
    public const string JsonContentType = "application/json";

    // Room comes when somebody makes it, not in a second.
    private static readonly TimeSpan StorageRetry = TimeSpan.FromSeconds(30);

    public static int Status(ServingError error) => error switch
    {
        ServingError.InvalidArgument or ServingError.Cancelled or ServingError.LoadFailed => StatusCodes.Status400BadRequest,
        ServingError.UnknownModel => StatusCodes.Status404NotFound,
        ServingError.Forbidden or ServingError.ChannelOnly => StatusCodes.Status403Forbidden,
        ServingError.RequestTooLarge => StatusCodes.Status413PayloadTooLarge,
        ServingError.Unsupported => StatusCodes.Status501NotImplemented,
        ServingError.RunFailed => StatusCodes.Status500InternalServerError,
        ServingError.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        ServingError.ModelNotReady or ServingError.QueueFull or ServingError.OutOfTensorMemory
            or ServingError.OutOfModelMemory or ServingError.ShuttingDown => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    public static int Status(JobError error) => error switch
    {
        JobError.InvalidArgument => StatusCodes.Status400BadRequest,
        JobError.UnknownJob => StatusCodes.Status404NotFound,
        JobError.KeyReused or JobError.WrongState => StatusCodes.Status409Conflict,
        JobError.Gone or JobError.Lost => StatusCodes.Status410Gone,
        JobError.TooManyJobs => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status500InternalServerError,
    };

    public static int Status(BundleError error) => error switch
    {
        BundleError.NotFound => StatusCodes.Status404NotFound,
        BundleError.Malformed or BundleError.NotAChannel => StatusCodes.Status400BadRequest,
        BundleError.TooLarge => StatusCodes.Status413PayloadTooLarge,
        BundleError.NotEnrolled or BundleError.AlreadyEnrolled or BundleError.Held or BundleError.OlderRelease or BundleError.KnownBad
            or BundleError.ProgramTooOld => StatusCodes.Status409Conflict,
        BundleError.SourceUnavailable or BundleError.CaptivePortal or BundleError.Unauthorized or BundleError.Incomplete => StatusCodes.Status502BadGateway,
        BundleError.BudgetSpent => StatusCodes.Status503ServiceUnavailable,
        BundleError.DiskFull => StatusCodes.Status507InsufficientStorage,
        BundleError.WrittenWithoutAll or BundleError.Ambiguous or BundleError.LoadFailed or BundleError.GoldenFailed or BundleError.TooSlow
            or BundleError.OutOfMemory or BundleError.ProbationFailed => StatusCodes.Status422UnprocessableEntity,
        // What is left is not believed.
        _ => StatusCodes.Status403Forbidden,
    };

    public static int Status(StorageError error) => error == StorageError.Full ? StatusCodes.Status507InsufficientStorage : StatusCodes.Status503ServiceUnavailable;

    /// <summary>The status of a job's failure, which may be one of the infer flow's.</summary>
    public static int Status(JobFailure failure) => failure.Code switch
    {
        JobFailure.Cancelled => StatusCodes.Status410Gone,
        JobFailure.Expired => StatusCodes.Status504GatewayTimeout,
        _ => Enum.TryParse<ServingError>(failure.Code, out var error) ? Status(error) : StatusCodes.Status500InternalServerError,
    };

    public static int Status(AccessError error) => error switch
    {
        AccessError.ScopeMissing or AccessError.ModelNotAllowed => StatusCodes.Status403Forbidden,
        AccessError.TooManyRequests => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status401Unauthorized,
    };

    public static int Status(KeyError error) => error switch
    {
        KeyError.InvalidKey => StatusCodes.Status400BadRequest,
        KeyError.UnknownKey => StatusCodes.Status404NotFound,
        KeyError.NameTaken or KeyError.TooManyKeys => StatusCodes.Status409Conflict,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    public static int Status(PairingError error) => error switch
    {
        PairingError.InvalidPairing or PairingError.CodeMalformed => StatusCodes.Status400BadRequest,
        PairingError.UnknownPairing => StatusCodes.Status404NotFound,
        PairingError.TooManyPairings or PairingError.NotServed => StatusCodes.Status409Conflict,
        PairingError.CodeExpired or PairingError.CodeUsed or PairingError.CodeLocked or PairingError.CodeCancelled => StatusCodes.Status410Gone,
        // Not 401: no other key or code in the same header would help.
        _ => StatusCodes.Status403Forbidden,
    };

    public static int Status(ClockError error) => error == ClockError.Implausible ? StatusCodes.Status400BadRequest : StatusCodes.Status409Conflict;

    /// <summary>Why somebody is not let in, with the challenge that RFC 6750 asks for (section 3).</summary>
    public static Task WriteAsync(HttpContext context, AccessError error, Caller caller, Scope needed, TimeSpan wait)
    {
        var (message, hint) = AccessTexts.Of(error, caller, needed);
        return WriteAsync(context, Status(error), message, error.ToString(), hint, wait, challenge: AccessTexts.Challenge(error, needed));
    }

    public static Task WriteAsync(HttpContext context, KeyException e) =>
        WriteAsync(context, Status(e.Error), e.Message, e.Error.ToString(), e.Hint);

    public static Task WriteAsync(HttpContext context, PairingException e) =>
        WriteAsync(context, Status(e.Error), e.Message, e.Error.ToString(), e.Hint);

    public static Task WriteAsync(HttpContext context, ClockException e) =>
        WriteAsync(context, Status(e.Error), e.Message, e.Error.ToString(), e.Hint);

    public static Task WriteAsync(HttpContext context, JobException e) =>
        WriteAsync(context, Status(e.Error), e.Message, e.Error.ToString(), e.Hint, e.Error == JobError.TooManyJobs ? StorageRetry : null);

    public static Task WriteAsync(HttpContext context, BundleException e) =>
        WriteAsync(context, Status(e.Error), e.Message, e.Error.ToString(), e.Hint);

    public static Task WriteAsync(HttpContext context, StorageException e) =>
        WriteAsync(context, Status(e.Error), e.Message, "Storage" + e.Error, e.Hint, e.Error == StorageError.Full ? StorageRetry : null);

    public static Task WriteAsync(HttpContext context, ServingException e) =>
        WriteAsync(context, Status(e.Error), e.Message, e.Error.ToString(), e.Hint, e.RetryAfter);

    /// <summary>Writes <c>{"error",…}</c>. Does nothing once the answer has begun: the connection is then aborted, so that no client takes half an answer for a whole one.</summary>
    public static Task WriteAsync(HttpContext context, int status, string message, string? code = null, string? hint = null, TimeSpan? retryAfter = null, StringValues allow = default, string? challenge = null)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        if (GrpcErrors.IsGrpc(context.Request) && HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            GrpcErrors.Fail(context, GrpcErrors.Code(status), message);
            return Task.CompletedTask;
        }

        context.Response.Clear();
        SecurityHeaders.Set(context.Response);
        context.Response.StatusCode = status;
        context.Response.ContentType = JsonContentType;
        if (challenge is not null)
            context.Response.Headers.WWWAuthenticate = challenge;
        if (allow.Count > 0)
            context.Response.Headers.Allow = allow;
        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests or StatusCodes.Status507InsufficientStorage)
            context.Response.Headers.RetryAfter = ((int)Math.Max(1, Math.Ceiling((retryAfter ?? TimeSpan.FromSeconds(1)).TotalSeconds))).ToString(System.Globalization.CultureInfo.InvariantCulture);
        byte[] body = WireJson.ToUtf8(new ErrorBody(message, code, hint, context.TraceIdentifier), WireJson.Default.ErrorBody);
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body).AsTask();
    }
}
