using System.Text;
using System.Text.Json;
using CsCheck;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Tests.Engine.Sync.CarryOut;

public sealed class BatchNumbersTests
{
    private static readonly string[] Parts = ["", "", "", "1/2", "2/2", "1/2.2/2"];

    [Fact]
    public void What_is_written_is_read_and_holds_exactly_what_was_added() => Gen.Select(Gen.Long[1, 3], Gen.Long[1, 40], Gen.Int[0, Parts.Length - 1]).List[0, 60].Sample(added =>
    {
        var numbers = new BatchNumbers();
        foreach (var (epoch, sequence, part) in added)
            numbers.Add(epoch, sequence, Parts[part]);
        var read = Read(Write(numbers));
        Assert.Equal(numbers.ToString(), read.ToString());
        for (long epoch = 1; epoch <= 3; epoch++)
        {
            for (long sequence = 1; sequence <= 41; sequence++)
            {
                foreach (string part in Parts)
                {
                    bool expected = added.Any(a => a.Item1 == epoch && a.Item2 == sequence && (Parts[a.Item3] is "" || Parts[a.Item3] == part || part.StartsWith(Parts[a.Item3] + ".", StringComparison.Ordinal)));
                    Assert.Equal(expected, read.Contains(Batch(epoch, sequence, part)));
                }
            }
        }
    }, iter: 300);

    [Fact]
    public void Text_is_ranges_and_the_union_of_two_sets_merges_them()
    {
        var numbers = Of("1-3,5,7:1/2");
        numbers.Add(Of("2-4,9"));
        Assert.Equal("1/1-5,7:1/2,9", numbers.ToString());
        Assert.Equal((1, 1), numbers.First);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("3-1")]
    [InlineData("1-")]
    [InlineData("1,,2")]
    [InlineData("")]
    [InlineData("1:2")]
    [InlineData("1:3/2")]
    [InlineData("1:1/2.")]
    [InlineData("1:0/2")]
    [InlineData("99999999999999999999")]
    [InlineData("9223372036854775807")]
    [InlineData(" 1")]
    [InlineData("+1")]
    public void Anything_else_is_refused(string ranges) => Assert.Throws<JsonException>(() => Of(ranges));

    [Fact]
    public void A_range_of_all_numbers_there_are_takes_no_room()
    {
        var all = Of("1-9223372036854775806");
        Assert.True(all.Contains(Batch(1, long.MaxValue - 1, "")));
        all.Add(Of("5-6"));
        Assert.Single(all.Ranges);
    }

    private static BatchNumbers Of(string ranges) => Read($$"""{"numbers":[{"epoch":1,"ranges":"{{ranges}}"}]}""");

    private static string Write(BatchNumbers numbers)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory))
        {
            json.WriteStartObject();
            numbers.Write(json, "numbers");
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(memory.ToArray());
    }

    private static BatchNumbers Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return BatchNumbers.Read(document.RootElement, "numbers");
    }

    private static OutboxBatch Batch(long epoch, long sequence, string part) =>
        new(epoch, sequence, part, TelemetryClass.Log, OtlpSignal.Logs, 1, 1, new OutboxMoment("", 0, 0, ClockQuality.Free), Sent: false);
}
