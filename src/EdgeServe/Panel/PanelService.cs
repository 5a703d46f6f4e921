using System.Threading.Channels;
using EdgeServe.Engine.Device.Lights;

namespace EdgeServe.Panel;

/// <summary>
/// Drives lights and button. 1 the pins are opened, beside the start of everything else -> 2 a look at the box, once a second and when
/// something changed -> 3 one state -> 4 the step of its rhythm -> 5 asleep until the next step or look. A press is acted on beside that.
/// Nothing that is wrong with the panel reaches the rest; a box without one costs nothing.
/// </summary>
internal sealed partial class PanelService(LightOptions options, BoxLooks looks, ButtonActions actions, PanelStatus status, TimeProvider time, ILogger<PanelService> log) : BackgroundService
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>What a press came to is shown that long, if nothing else shows it.</summary>
    private static readonly TimeSpan NoticeTime = TimeSpan.FromSeconds(20);

    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<ButtonPress> _presses = Channel.CreateBounded<ButtonPress>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile Notice? _notice;
    private volatile bool _mayRollBack;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var panel = await Task.Run(() => PanelOpener.Open(options), stoppingToken); // 1
        status.Panel = panel;
        foreach (string trouble in panel.Troubles)
            Log.NotWired(log, trouble);
        if (panel.By.Length == 0)
            return;
        Log.Opened(log, panel.By, panel.Lights, panel.HasButton);
        using var button = panel.HasButton ? Watch(panel) : null;
        looks.Changed += Ring;
        try
        {
            await Task.WhenAll(
                GuardAsync(() => ShowAsync(panel, button, stoppingToken), stoppingToken),
                button is null ? Task.CompletedTask : GuardAsync(() => ActAsync(stoppingToken), stoppingToken));
        }
        finally
        {
            looks.Changed -= Ring;
            status.Shown = LightState.Off;
        }
    }

    /// <summary>A fault of this program's must not reach what serves.</summary>
    private async Task GuardAsync(Func<Task> part, CancellationToken stopping)
    {
        try
        {
            await part();
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            Log.Broke(log, e);
        }
    }

    private ButtonWatch Watch(IPanel panel)
    {
        var button = new ButtonWatch(() => panel.IsPressed, press => _presses.Writer.TryWrite(press), Ring, time);
        panel.ButtonMoved += button.Moved;
        // Between opening and this it may have moved.
        button.Moved();
        _mayRollBack = actions.MayRollBack(button.WasDownAtStart);
        if (button.WasDownAtStart)
            Log.DownAtStart(log, _mayRollBack ? "let go after ten seconds it takes the models back" : "it was so the last time too, so it does nothing until it is seen up at a start");
        return button;
    }

    private async Task ShowAsync(IPanel panel, ButtonWatch? button, CancellationToken stopping)
    {
        var show = new LightShow(panel, time);
        bool stuck = false;
        int said = panel.Troubles.Count;
        while (true)
        {
            var state = Signs(button).State; // 2, 3
            if (button is not null && button.IsStuck != stuck)
            {
                stuck = button.IsStuck;
                status.ButtonTrouble = stuck ? "the button is pressed for more than a minute: it is stuck, or ButtonActiveHigh is wrong" : null;
                if (stuck)
                    Log.NotWired(log, status.ButtonTrouble!);
            }

            status.Shown = state;
            var left = show.Step(state); // 4
            for (; said < panel.Troubles.Count; said++)
                Log.NotWired(log, panel.Troubles[said]);
            await SleepAsync(left < LookInterval ? left : LookInterval, stopping); // 5
        }
    }

    private BoxSigns Signs(ButtonWatch? button)
    {
        var signs = looks.Look();
        if (button is { IsHeld: true } && (!button.IsSinceStart || _mayRollBack))
            signs = signs with { ButtonHeld = true };
        if (_notice is not { } notice || time.GetElapsedTime(notice.Since) >= NoticeTime)
            return signs;
        return signs with { ButtonRefused = notice.State == LightState.Refused, StickDone = signs.StickDone || notice.State == LightState.StickDone };
    }

    private async Task ActAsync(CancellationToken stopping)
    {
        await foreach (var press in _presses.Reader.ReadAllAsync(stopping))
        {
            if (press == ButtonPress.HeldAtStart && !_mayRollBack)
                continue;
            _notice = await actions.DoAsync(press, stopping) is { } shown ? new Notice(shown, time.GetTimestamp()) : null;
            Ring();
        }
    }

    private void Ring() => _bell.Writer.TryWrite(true);

    /// <summary>That long, or until somebody rings.</summary>
    private async Task SleepAsync(TimeSpan longest, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        try
        {
            await _bell.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // Long enough.
        }
    }

    private sealed record Notice(LightState State, long Since);

    private static partial class Log
    {
        [LoggerMessage(8314, LogLevel.Information, "Lights and button by {By}: lights {Lights}, button {Button}")]
        public static partial void Opened(ILogger logger, string by, LightColours lights, bool button);

        [LoggerMessage(8315, LogLevel.Warning, "Lights and button: {Trouble}. The box serves without")]
        public static partial void NotWired(ILogger logger, string trouble);

        [LoggerMessage(8318, LogLevel.Error, "Lights and button stopped for a reason of the service's own")]
        public static partial void Broke(ILogger logger, Exception error);

        [LoggerMessage(8316, LogLevel.Information, "The button is down at the start: {What}")]
        public static partial void DownAtStart(ILogger logger, string what);
    }
}
