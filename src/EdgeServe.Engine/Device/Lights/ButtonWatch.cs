namespace EdgeServe.Engine.Device.Lights;

/// <summary>
/// Makes presses of a contact that bounces. Nothing is meant until the button is let go: one that is stuck never is, and so
/// does nothing, at no start. Callbacks come one after the other.
/// </summary>
internal sealed class ButtonWatch : IDisposable
{
    public static readonly TimeSpan Bounce = TimeSpan.FromMilliseconds(30);
    public static readonly TimeSpan LongFrom = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan LongTo = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan AtStartFrom = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan StuckFrom = TimeSpan.FromSeconds(60);
    private readonly Func<bool> _isPressed;
    private readonly Action<ButtonPress> _pressed;
    private readonly Action _changed;
    private readonly TimeProvider _time;
    private readonly ITimer _settled;
    private readonly ITimer _ripe;
    private readonly Lock _gate = new();
    private bool _down;
    private bool _sinceStart;
    private long _downSince;

    /// <param name="isPressed">The contact, as it is now.</param>
    /// <param name="pressed">Told of each press.</param>
    /// <param name="changed">Told that <see cref="IsHeld"/> or <see cref="IsStuck"/> may have changed.</param>
    /// <param name="time">Monotonic.</param>
    public ButtonWatch(Func<bool> isPressed, Action<ButtonPress> pressed, Action changed, TimeProvider time)
    {
        _isPressed = isPressed;
        _pressed = pressed;
        _changed = changed;
        _time = time;
        _settled = time.CreateTimer(_ => Settled(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ripe = time.CreateTimer(_ => changed(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        WasDownAtStart = isPressed();
        if (WasDownAtStart)
            Down(sinceStart: true);
    }

    public bool WasDownAtStart { get; }

    /// <summary>Is it down, and was never up since the start?</summary>
    public bool IsSinceStart
    {
        get
        {
            lock (_gate)
                return _down && _sinceStart;
        }
    }

    /// <summary>Would letting go now do something that takes a long press?</summary>
    public bool IsHeld => Meaning() is ButtonPress.Long or ButtonPress.HeldAtStart;

    /// <summary>Pressed for longer than anybody presses.</summary>
    public bool IsStuck
    {
        get
        {
            lock (_gate)
                return _down && _time.GetElapsedTime(_downSince) >= StuckFrom;
        }
    }

    /// <summary>The contact moved. It counts once it has been quiet for a moment.</summary>
    public void Moved()
    {
        lock (_gate)
            _settled.Change(Bounce, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _settled.Dispose();
        _ripe.Dispose();
    }

    private void Settled()
    {
        ButtonPress? press = null;
        lock (_gate)
        {
            bool down = _isPressed();
            if (down == _down)
                return;
            if (down)
            {
                Down(sinceStart: false);
            }
            else
            {
                press = MeaningNow();
                _down = false;
                _ripe.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        if (press is { } meant)
            _pressed(meant);
        _changed();
    }

    private void Down(bool sinceStart)
    {
        _down = true;
        _sinceStart = sinceStart;
        _downSince = _time.GetTimestamp();
        // Once a second is often enough to say "let go now", and only while a finger is on it.
        _ripe.Change(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    private ButtonPress? Meaning()
    {
        lock (_gate)
            return _down ? MeaningNow() : null;
    }

    private ButtonPress? MeaningNow()
    {
        var held = _time.GetElapsedTime(_downSince);
        if (_sinceStart)
            return held >= AtStartFrom && held < StuckFrom ? ButtonPress.HeldAtStart : null;
        return held < LongFrom ? ButtonPress.Short : held < LongTo ? ButtonPress.Long : null;
    }
}
