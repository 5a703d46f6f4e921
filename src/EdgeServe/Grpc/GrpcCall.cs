using System.Globalization;
using EdgeServe.Engine.Inference;
using EdgeServe.Http;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeServe.Grpc;

/// <summary>What the headers of a call say, for the calls whose messages this folder reads itself.</summary>
internal readonly struct GrpcCall
{
    public const string ContentType = "application/grpc";
    private const string TimeoutName = "grpc-timeout";
    private const int LongestTimeout = 9;

    private readonly TimeProvider _time;
    private readonly long _arrived;
    private readonly ulong _timeoutMicroseconds;

    private GrpcCall(TimeProvider time, ulong timeoutMicroseconds)
    {
        _time = time;
        _timeoutMicroseconds = timeoutMicroseconds;
        _arrived = timeoutMicroseconds > 0 ? time.GetTimestamp() : 0;
    }

    /// <summary>Accepts a call or answers why not.</summary>
    public static bool TryOpen(HttpContext context, TimeProvider time, bool endless, out GrpcCall call)
    {
        call = default;
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            _ = ErrorResponses.WriteAsync(context, StatusCodes.Status426UpgradeRequired, "gRPC needs HTTP/2", "UpgradeRequired");
            return false;
        }

        if (!IsProto(context.Request.ContentType))
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return false;
        }

        // A message has a limit of its own; a stream of them has none, and may be silent for as long as it likes.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (endless && context.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        context.Response.ContentType = ContentType;
        if (!TryTimeout(context.Request.Headers[TimeoutName], out ulong microseconds))
        {
            GrpcErrors.Fail(context, StatusCode.InvalidArgument, "grpc-timeout is not a number of at most 8 digits and a unit");
            return false;
        }

        call = new GrpcCall(time, microseconds);
        return true;
    }

    /// <summary>Gives the request what is left of the call's time, where its own timeout is not shorter.</summary>
    /// <exception cref="ServingException"><see cref="ServingError.DeadlineExceeded"/>: nothing is left.</exception>
    public void Limit(InferRequest request)
    {
        if (_timeoutMicroseconds == 0)
            return;
        double left = _timeoutMicroseconds - _time.GetElapsedTime(_arrived).TotalMicroseconds;
        if (left < 1)
            throw new ServingException(ServingError.DeadlineExceeded, "Request timeout expired");
        if (request.TimeoutMicroseconds == 0 || left < request.TimeoutMicroseconds)
            request.TimeoutMicroseconds = (ulong)left;
    }

    /// <summary><c>grpc-timeout</c>: digits and one of H M S m u n. Absent: 0. Less than a microsecond counts as one.</summary>
    public static bool TryTimeout(string? text, out ulong microseconds)
    {
        microseconds = 0;
        if (text is null)
            return true;
        if (text.Length is < 2 or > LongestTimeout || !ulong.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
            return false;
        ulong factor = text[^1] switch
        {
            'H' => 3_600_000_000,
            'M' => 60_000_000,
            'S' => 1_000_000,
            'm' => 1_000,
            'u' or 'n' => 1,
            _ => 0,
        };
        microseconds = Math.Max(1, text[^1] == 'n' ? value / 1000 : value * factor);
        return factor > 0;
    }

    private static bool IsProto(string? type)
    {
        if (type is null || !type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase))
            return false;
        var rest = type.AsSpan(ContentType.Length);
        return rest.IsEmpty || rest[0] == ';' || rest.StartsWith("+proto", StringComparison.OrdinalIgnoreCase);
    }
}
