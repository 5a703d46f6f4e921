namespace EdgeServe.Engine.Sync;

/// <summary>From what came back to what it means: the one place that lets telemetry go.</summary>
internal static class ExportJudge
{
    private const string Protobuf = "application/x-protobuf";
    private const string Json = "application/json";

    public static ExportAnswer Of(CollectorReply reply) => reply.Status switch
    {
        200 => Success(reply),
        > 200 and < 300 => reply.Body is { Length: 0 } && reply.Secure ? new ExportAnswer(ExportOutcome.Acknowledged, $"{reply.Status}") : Portal(reply, "a success that proves nothing"),
        >= 300 and < 400 => new ExportAnswer(ExportOutcome.CaptivePortal, $"answered {reply.Status}, on to {Line.Of(reply.Location ?? "nowhere")}"),
        511 => Portal(reply, "the status of a portal"),
        // What a proxy says in HTML is not a collector's word on a row.
        400 when IsPage(reply) => new ExportAnswer(ExportOutcome.WrongEndpoint, "answered 400 with a page"),
        400 => new ExportAnswer(ExportOutcome.Rejected, "answered 400"),
        413 => new ExportAnswer(ExportOutcome.TooLarge, "answered 413"),
        401 or 403 or 407 => new ExportAnswer(ExportOutcome.Unauthorized, $"answered {reply.Status}"),
        429 => new ExportAnswer(ExportOutcome.Throttled, "answered 429", RetryAfter: reply.RetryAfter),
        408 or >= 500 => new ExportAnswer(ExportOutcome.Unavailable, $"answered {reply.Status}", RetryAfter: reply.RetryAfter),
        _ => new ExportAnswer(ExportOutcome.WrongEndpoint, $"answered {reply.Status}"),
    };

    private static ExportAnswer Success(CollectorReply reply)
    {
        if (reply.Body is not { } body)
            return reply.TooLong ? Portal(reply, "more than any answer") : new ExportAnswer(ExportOutcome.Unproven, "broke off its answer");
        long rejected = 0;
        string message = "";
        bool proven = reply.MediaType switch
        {
            Protobuf => ExportProof.TryProtobuf(body, out rejected, out message),
            Json => ExportProof.TryJson(body, out rejected, out message),
            _ => body.Length == 0 && reply.Secure,
        };
        if (!proven)
            return Portal(reply, body.Length == 0 ? "nothing, which proves nothing without TLS" : "something that is no answer of the protocol");
        return rejected > 0 ? new ExportAnswer(ExportOutcome.PartiallyAccepted, $"rejected {rejected} rows: {Line.Of(message)}", rejected) : new ExportAnswer(ExportOutcome.Acknowledged, "200");
    }

    private static bool IsPage(CollectorReply reply) => reply.MediaType is "text/html" or "application/xhtml+xml";

    private static ExportAnswer Portal(CollectorReply reply, string what) =>
        new(ExportOutcome.CaptivePortal, $"answered {reply.Status} with {(IsPage(reply) ? "a page" : what)}");
}
