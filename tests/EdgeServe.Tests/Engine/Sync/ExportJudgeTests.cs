using System.Text;
using CsCheck;
using EdgeServe.Engine.Sync;

namespace EdgeServe.Tests.Engine.Sync;

/// <summary>What lets telemetry go, and what does not: a row each.</summary>
public sealed class ExportJudgeTests
{
    [Theory]
    [InlineData(200, "application/x-protobuf", "", false, nameof(ExportOutcome.Acknowledged))]
    [InlineData(200, "application/x-protobuf", "\n\0", false, nameof(ExportOutcome.Acknowledged))]
    [InlineData(200, "application/json", "{}", false, nameof(ExportOutcome.Acknowledged))]
    [InlineData(200, "application/json", "{\"partialSuccess\":{}}", false, nameof(ExportOutcome.Acknowledged))]
    [InlineData(200, "application/json", "{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"old\"}}", false, nameof(ExportOutcome.PartiallyAccepted))]
    [InlineData(200, "application/json", "{\"partialSuccess\":{\"rejectedLogRecords\":3}}", false, nameof(ExportOutcome.PartiallyAccepted))]
    [InlineData(200, null, "", true, nameof(ExportOutcome.Acknowledged))]
    [InlineData(202, null, "", true, nameof(ExportOutcome.Acknowledged))]
    [InlineData(204, null, "", true, nameof(ExportOutcome.Acknowledged))]
    [InlineData(200, null, "", false, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(204, null, "", false, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(202, "application/json", "{}", true, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(200, "text/html", "<html>", true, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(200, "text/html", "", false, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(200, "text/plain", "success\n", true, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(200, "application/x-protobuf", "OK", false, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(200, "application/x-protobuf", "<html>", false, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(200, "application/json", "", false, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(200, "application/json", "[]", false, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(200, "application/json", "{\"login\":1}", false, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(200, "application/json", "{\"partialSuccess\":{\"x\":1}}", false, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(301, null, "", true, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(302, null, "", false, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(308, null, "", false, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(511, "text/html", "<html>", false, nameof(ExportOutcome.CaptivePortal))]
    [InlineData(400, "application/x-protobuf", "", false, nameof(ExportOutcome.Rejected))]
    [InlineData(400, "text/html", "<html>", false, nameof(ExportOutcome.WrongEndpoint))]
    [InlineData(413, "text/html", "<html>", false, nameof(ExportOutcome.TooLarge))]
    [InlineData(401, null, "", false, nameof(ExportOutcome.Unauthorized))]
    [InlineData(403, null, "", false, nameof(ExportOutcome.Unauthorized))]
    [InlineData(407, null, "", false, nameof(ExportOutcome.Unauthorized))]
    [InlineData(404, null, "", false, nameof(ExportOutcome.WrongEndpoint))]
    [InlineData(405, null, "", false, nameof(ExportOutcome.WrongEndpoint))]
    [InlineData(415, null, "", false, nameof(ExportOutcome.WrongEndpoint))]
    [InlineData(408, null, "", false, nameof(ExportOutcome.Unavailable))]
    [InlineData(429, null, "", false, nameof(ExportOutcome.Throttled))]
    [InlineData(500, null, "", false, nameof(ExportOutcome.Unavailable))]
    [InlineData(502, "text/html", "<html>", false, nameof(ExportOutcome.Unavailable))]
    [InlineData(503, null, "", false, nameof(ExportOutcome.Unavailable))]
    public void Only_what_proves_it_lets_a_batch_go(int status, string? type, string body, bool secure, string outcome) =>
        Assert.Equal(outcome, ExportJudge.Of(new CollectorReply(status, type, Encoding.UTF8.GetBytes(body), secure)).Outcome.ToString());

    [Fact]
    public void An_answer_that_breaks_off_proves_nothing()
    {
        Assert.Equal(ExportOutcome.Unproven, ExportJudge.Of(new CollectorReply(200, "application/x-protobuf", null, true)).Outcome);
        Assert.Equal(ExportOutcome.CaptivePortal, ExportJudge.Of(new CollectorReply(200, "application/x-protobuf", null, true) { TooLong = true }).Outcome);
    }

    [Fact]
    public void A_partial_success_says_how_many_and_why()
    {
        byte[] body = [0x0A, 0x07, 0x08, 0x96, 0x01, 0x12, 0x02, (byte)'n', (byte)'o'];
        var answer = ExportJudge.Of(new CollectorReply(200, "application/x-protobuf", body, false));
        Assert.Equal((ExportOutcome.PartiallyAccepted, 150L), (answer.Outcome, answer.Rejected));
        Assert.EndsWith("no", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void No_cut_and_no_random_bytes_are_believed_that_the_protocols_own_decoder_would_not_take()
    {
        byte[] body = [0x0A, 0x07, 0x08, 0x96, 0x01, 0x12, 0x02, (byte)'n', (byte)'o'];
        for (int length = 1; length < body.Length; length++)
            Assert.False(ExportProof.TryProtobuf(body.AsSpan(0, length), out _, out _));
        Gen.Byte.Array[0, 40].Sample(bytes =>
        {
            if (!ExportProof.TryProtobuf(bytes, out _, out _))
                return;
            EdgeServe.TestCollector.Otlp.ExportResponse.Parser.ParseFrom(bytes);
        });
    }
}
