using EdgeServe.Engine.Device;
using EdgeServe.Engine.Sync;

namespace EdgeServe.Tests.Engine.Sync;

public sealed class RetryAfterTests
{
    private static readonly DateTimeOffset Answered = new(2027, 3, 1, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("soon", null)]
    [InlineData("-5", null)]
    [InlineData("1.5", null)]
    [InlineData("0", 0)]
    [InlineData(" 17 ", 17)]
    [InlineData("3600", 3600)]
    [InlineData("86400", 3600)]
    [InlineData("99999999999999999999999", 3600)]
    [InlineData("Mon, 01 Mar 2027 08:00:30 GMT", 30)]
    [InlineData("Mon, 01 Mar 2027 07:00:00 GMT", 0)]
    [InlineData("Fri, 01 Mar 2097 08:00:00 GMT", 3600)]
    [InlineData("Mon, 32 Mar 2027 08:00:30 GMT", null)]
    public void It_is_followed_within_reason(string? value, int? seconds) =>
        Assert.Equal(seconds, RetryAfter.Read(value, Answered, DateTimeOffset.UnixEpoch, ClockQuality.Unset)?.TotalSeconds);

    [Fact]
    public void Without_a_date_in_the_answer_only_a_good_clock_of_this_box_will_do()
    {
        const string Date = "Mon, 01 Mar 2027 08:00:30 GMT";
        Assert.Equal(30, RetryAfter.Read(Date, null, Answered, ClockQuality.Synchronized)?.TotalSeconds);
        Assert.Null(RetryAfter.Read(Date, null, Answered, ClockQuality.SetBack));
        Assert.Null(RetryAfter.Read(Date, null, DateTimeOffset.UnixEpoch, ClockQuality.Unset));
    }
}
