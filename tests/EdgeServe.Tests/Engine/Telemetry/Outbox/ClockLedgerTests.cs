using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.TestCollector;
using EdgeServe.TestCollector.Otlp;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Telemetry.Outbox;

/// <summary>Whatever the wall clock shows, a receiver can order everything and place it as soon as one clock was right.</summary>
public sealed class ClockLedgerTests
{
    /// <summary>The wall clock stands while the test runs.</summary>
    private const long Slack = 5_000;
    private static readonly DateTimeOffset Right = new(2027, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_boot_at_1970_lies_between_its_neighbours_once_the_clock_is_right()
    {
        using var folder = new TempFolder();
        var time = new SetClock(Right);
        bool right = true;
        await using var box = new OutboxBox(folder.Path, time: time, disciplined: () => right);
        await box.StoreAsync("right");
        long before = box.Clock.Wall - box.Clock.Now;
        (right, time.Now) = (false, DateTimeOffset.UnixEpoch);
        await NextBootAsync(box);
        await box.StoreAsync("at 1970");
        long then = box.Clock.Now;
        time.Now = Right.AddDays(2);
        right = true;
        await NextBootAsync(box);
        await box.StoreAsync("right again");
        var told = Clocks(box).Single(l => Text(l, "boot_id") == "boot-2");
        long least = Number(told, "offset_min_ms"), most = Number(told, "offset_max_ms");
        Assert.InRange(least, before - Slack, before + Slack);
        Assert.InRange(most, box.Clock.Wall - box.Clock.Now - Slack, box.Clock.Wall - box.Clock.Now + Slack);
        // In truth it was some time in those two days.
        Assert.InRange(then + least, Right.ToUnixTimeMilliseconds() - Slack, Right.AddDays(2).ToUnixTimeMilliseconds());
        Assert.True(Number(told, "first_device_ms") <= then && then <= Number(told, "end_device_ms"));
        // Order does not need any clock to be right.
        Assert.Equal(["right", "at 1970", "right again"], box.All.Where(b => b.Class == TelemetryClass.Log).Select(b => box.Decode(b).Logs.Single().Body.StringValue));
        Assert.Equal(box.All.Where(b => b.Class == TelemetryClass.Log).Select(b => b.Moment.DeviceMs).Order(), box.All.Where(b => b.Class == TelemetryClass.Log).Select(b => b.Moment.DeviceMs));
    }

    [Fact]
    public async Task A_clock_that_becomes_right_during_a_boot_places_what_the_boot_said_before()
    {
        using var folder = new TempFolder();
        var time = new SetClock(DateTimeOffset.UnixEpoch.AddMinutes(10));
        bool right = false;
        await using var box = new OutboxBox(folder.Path, time: time, disciplined: () => right);
        await box.StoreAsync("early");
        Assert.Empty(Clocks(box));
        Assert.Equal("unset", box.Decode(box.All.Single()).Text("edgeserve.clock.quality"));
        (right, time.Now) = (true, Right);
        await box.StoreAsync("late");
        var told = Assert.Single(Clocks(box));
        Assert.Equal(("boot-1", Number(told, "offset_max_ms")), (Text(told, "boot_id"), Number(told, "offset_min_ms")));
        long early = box.All.First(b => b.Class == TelemetryClass.Log).Moment.DeviceMs;
        Assert.True(Number(told, "first_device_ms") <= early);
        Assert.InRange(early + Number(told, "offset_min_ms"), Right.AddMinutes(-1).ToUnixTimeMilliseconds(), Right.ToUnixTimeMilliseconds() + Slack);
        Assert.True(Number(told, "offset_before_ms") < Number(told, "offset_min_ms"));
        await box.StoreAsync("later");
        Assert.Single(Clocks(box));
    }

    [Fact]
    public async Task Ten_years_ahead_and_back_again_is_told_and_nothing_is_lost()
    {
        using var folder = new TempFolder();
        var time = new SetClock(Right.AddYears(10));
        bool right = false;
        await using var box = new OutboxBox(folder.Path, time: time, disciplined: () => right);
        await box.StoreAsync("ahead");
        await NextBootAsync(box);
        time.Now = Right;
        await box.StoreAsync("stepped back");
        Assert.Equal("set_back", box.Decode(box.All[^1]).Text("edgeserve.clock.quality"));
        right = true;
        await box.StoreAsync("right");
        Assert.Equal("synchronized", box.Decode(box.All[^1]).Text("edgeserve.clock.quality"));
        await NextBootAsync(box);
        right = false;
        await box.StoreAsync("free");
        // The time that was never real is forgotten.
        Assert.Equal("free", box.Decode(box.All[^1]).Text("edgeserve.clock.quality"));
        var ahead = Clocks(box).Single(l => Text(l, "boot_id") == "boot-1");
        Assert.True(Number(ahead, "offset_max_ms") + box.All.First(b => b.Class == TelemetryClass.Log).Moment.DeviceMs <= Right.ToUnixTimeMilliseconds() + 60_000);
        Assert.Equal(4, box.All.Count(b => b.Class == TelemetryClass.Log));
        Assert.Empty(box.Received().Gaps());
    }

    private static async Task NextBootAsync(OutboxBox box) => await box.RestartAsync(() => box.Boot = "boot-" + (int.Parse(box.Boot[5..], System.Globalization.CultureInfo.InvariantCulture) + 1));

    private static List<LogRecord> Clocks(OutboxBox box) => [.. box.All.SelectMany(b => box.Decode(b).Logs).Where(l => l.EventName == "edgeserve.clock")];

    private static string Text(LogRecord record, string key) => Export.Text(record.Attributes, "edgeserve.clock." + key);

    private static long Number(LogRecord record, string key)
    {
        Assert.NotEqual("", Text(record, key));
        return long.Parse(Text(record, key), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>A wall clock that is set by hand; everything else is real.</summary>
    private sealed class SetClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
