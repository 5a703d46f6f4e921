using EdgeServe.Engine.Device.Lights;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Device.Lights;

public sealed class ButtonWatchTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<ButtonPress> _presses = [];
    private bool _down;
    private ButtonWatch? _watch;

    public void Dispose() => _watch?.Dispose();

    [Theory]
    [InlineData(0.05, ButtonPress.Short)]
    [InlineData(2.9, ButtonPress.Short)]
    [InlineData(3, ButtonPress.Long)]
    [InlineData(9.9, ButtonPress.Long)]
    [InlineData(10, null)]
    [InlineData(100, null)]
    public void How_long_it_was_held_says_what_is_meant(double seconds, ButtonPress? meant)
    {
        Start();
        Hold(TimeSpan.FromSeconds(seconds));
        Assert.Equal(meant is { } press ? [press] : [], _presses);
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(5, null)]
    [InlineData(9.9, null)]
    [InlineData(10, ButtonPress.HeldAtStart)]
    [InlineData(59, ButtonPress.HeldAtStart)]
    [InlineData(60, null)]
    public void Held_since_the_start_it_means_one_thing_only(double seconds, ButtonPress? meant)
    {
        _down = true;
        Start();
        Assert.True(_watch!.WasDownAtStart);
        _time.Advance(TimeSpan.FromSeconds(seconds) - ButtonWatch.Bounce);
        Move(false);
        _time.Advance(ButtonWatch.Bounce);
        Assert.Equal(meant is { } press ? [press] : [], _presses);
        // From then on it is a button like any other.
        Hold(TimeSpan.FromSeconds(1));
        Assert.Equal(ButtonPress.Short, _presses[^1]);
    }

    [Fact]
    public void Stuck_at_the_start_it_does_nothing_however_long_that_lasts()
    {
        _down = true;
        Start();
        _time.Advance(TimeSpan.FromDays(3));
        Assert.Empty(_presses);
        Assert.True(_watch!.IsStuck);
        Assert.False(_watch.IsHeld);
    }

    [Fact]
    public void A_contact_that_bounces_is_one_press()
    {
        Start();
        for (int i = 0; i < 20; i++)
        {
            Move(i % 2 == 0);
            _time.Advance(TimeSpan.FromMilliseconds(3));
        }

        Move(true);
        _time.Advance(TimeSpan.FromMilliseconds(200));
        for (int i = 0; i < 20; i++)
        {
            Move(i % 2 != 0);
            _time.Advance(TimeSpan.FromMilliseconds(3));
        }

        Move(false);
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal([ButtonPress.Short], _presses);
    }

    [Fact]
    public void A_spark_shorter_than_a_bounce_is_no_press()
    {
        Start();
        Move(true);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Move(false);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_presses);
    }

    [Fact]
    public void It_says_when_letting_go_would_do_something()
    {
        Start();
        Move(true);
        _time.Advance(ButtonWatch.Bounce);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_watch!.IsHeld);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(_watch.IsHeld);
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.False(_watch.IsHeld);
    }

    [Fact]
    public void What_it_did_at_one_start_it_does_not_do_at_the_next_while_it_is_still_down()
    {
        string folder = Directory.CreateTempSubdirectory("edgeserve-button-").FullName;
        try
        {
            Assert.True(new HeldAtStart(folder).MayAct(isDown: true));
            new HeldAtStart(folder).Acted();
            Assert.False(new HeldAtStart(folder).MayAct(isDown: true));
            Assert.False(new HeldAtStart(folder).MayAct(isDown: true));
            // Seen up: whoever holds it next time means it.
            Assert.False(new HeldAtStart(folder).MayAct(isDown: false));
            Assert.True(new HeldAtStart(folder).MayAct(isDown: true));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void Start() => _watch = new ButtonWatch(() => _down, _presses.Add, () => { }, _time);

    private void Move(bool down)
    {
        _down = down;
        _watch!.Moved();
    }

    private void Hold(TimeSpan time)
    {
        Move(true);
        _time.Advance(ButtonWatch.Bounce);
        Move(true);
        _time.Advance(time - ButtonWatch.Bounce);
        Move(false);
        _time.Advance(ButtonWatch.Bounce);
    }
}
