using System.Globalization;
using System.Text;
using EdgeServe.Engine.Inference;
using Grpc.Core;

namespace EdgeServe.Grpc;

/// <summary>The one table from errors to gRPC codes, and the one way a call that this folder serves itself ends.</summary>
internal static class GrpcErrors
{
    private const string StatusName = "grpc-status";
    private const string MessageName = "grpc-message";
    private const int LongestMessage = 2048;

    public static StatusCode Code(ServingError error) => error switch
    {
        ServingError.InvalidArgument or ServingError.LoadFailed => StatusCode.InvalidArgument,
        ServingError.UnknownModel => StatusCode.NotFound,
        ServingError.Forbidden or ServingError.ChannelOnly => StatusCode.PermissionDenied,
        ServingError.RequestTooLarge => StatusCode.ResourceExhausted,
        ServingError.Unsupported => StatusCode.Unimplemented,
        ServingError.DeadlineExceeded => StatusCode.DeadlineExceeded,
        ServingError.Cancelled => StatusCode.Cancelled,
        ServingError.ModelNotReady or ServingError.QueueFull or ServingError.OutOfTensorMemory
            or ServingError.OutOfModelMemory or ServingError.ShuttingDown => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };

    /// <summary>Of an HTTP status, where that is all there is.</summary>
    public static StatusCode Code(int httpStatus) => httpStatus switch
    {
        StatusCodes.Status400BadRequest => StatusCode.InvalidArgument,
        StatusCodes.Status401Unauthorized => StatusCode.Unauthenticated,
        StatusCodes.Status403Forbidden => StatusCode.PermissionDenied,
        StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed => StatusCode.Unimplemented,
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests => StatusCode.ResourceExhausted,
        StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };

    public static RpcException From(ServingException e) => new(new Status(Code(e.Error), e.Message));

    /// <summary>Is the caller a gRPC client, who reads a status but no body?</summary>
    public static bool IsGrpc(HttpRequest request) =>
        request.ContentType is { } type && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);

    public static void Succeed(HttpContext context) => context.Response.AppendTrailer(StatusName, "0");

    public static void Fail(HttpContext context, ServingException e) => Fail(context, Code(e.Error), e.Message);

    /// <summary>Ends a call: in the headers while nothing was sent, else in the trailers. Needs no body either way.</summary>
    public static void Fail(HttpContext context, StatusCode code, string message)
    {
        string status = ((int)code).ToString(CultureInfo.InvariantCulture);
        var response = context.Response;
        if (response.HasStarted)
        {
            response.AppendTrailer(StatusName, status);
            response.AppendTrailer(MessageName, Encode(message));
            return;
        }

        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = GrpcCall.ContentType;
        response.ContentLength = null;
        response.Headers[StatusName] = status;
        response.Headers[MessageName] = Encode(message);
    }

    /// <summary>Percent-encodes what a header cannot carry: a message may quote anything a client sent.</summary>
    public static string Encode(string message)
    {
        if (message.Length > LongestMessage)
            message = message[..LongestMessage] + "…";
        if (message.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 && !message.Contains('%', StringComparison.Ordinal))
            return message;
        var encoded = new StringBuilder(message.Length + 16);
        foreach (byte b in Encoding.UTF8.GetBytes(message))
        {
            if (b is >= (byte)' ' and <= (byte)'~' and not (byte)'%')
                encoded.Append((char)b);
            else
                encoded.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return encoded.ToString();
    }
}
