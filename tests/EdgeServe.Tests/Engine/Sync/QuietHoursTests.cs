using EdgeServe.Engine.Sync;

namespace EdgeServe.Tests.Engine.Sync;

public sealed class QuietHoursTests
{
    [Theory]
    [InlineData("22:00-06:00", 21, 59, false)]
    [InlineData("22:00-06:00", 22, 0, true)]
    [InlineData("22:00-06:00", 3, 0, true)]
    [InlineData("22:00-06:00", 6, 0, false)]
    [InlineData("08:00-18:30", 8, 0, true)]
    [InlineData("08:00-18:30", 18, 30, false)]
    [InlineData("08:00-18:30", 23, 0, false)]
    public void They_may_go_over_midnight(string text, int hour, int minute, bool quiet)
    {
        Assert.True(QuietHours.TryParse(text, out var hours));
        Assert.Equal(text, hours!.ToString());
        Assert.Equal(quiet, hours.Contains(new DateTimeOffset(2027, 3, 1, hour, minute, 0, TimeSpan.FromHours(3))));
    }

    [Theory]
    [InlineData("22:00")]
    [InlineData("")]
    [InlineData("22-6")]
    [InlineData("24:00-06:00")]
    [InlineData("22:00-22:00")]
    [InlineData("22:00-06:00-07:00")]
    public void What_is_none_is_refused(string text) => Assert.False(QuietHours.TryParse(text, out _));
}
