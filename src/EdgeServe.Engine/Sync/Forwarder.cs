using System.Net.NetworkInformation;
using System.Security.Cryptography;
using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Outbox;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Sync;

/// <summary>
/// Decides when telemetry goes to the collector and keeps what came of it. Without a collector it sleeps and opens no
/// socket. Nothing that serves waits for it.
/// </summary>
internal sealed partial class Forwarder : BackgroundService
{
    private static readonly TimeSpan LinkFirst = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LinkLongest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ClassFirst = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ClassLongest = TimeSpan.FromHours(1);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Long = TimeSpan.FromDays(1);
    private readonly TelemetryOutbox _outbox;
    private readonly SyncTools _tools;
    private readonly Func<Uri?> _endpoint;
    private readonly WakeSignal _signal;
    private readonly SyncBackoff _link;
    private readonly double _place;
    private readonly Lock _gate = new();
    private List<TaskCompletionSource> _asking = [];
    private CollectorClient? _client;
    private long _lastRound = long.MinValue;
    private bool _clockDoubted;

    /// <param name="outbox">What waits.</param>
    /// <param name="tools">The box it runs on.</param>
    /// <param name="endpoint">The collector now; null: none.</param>
    public Forwarder(TelemetryOutbox outbox, SyncTools tools, Func<Uri?> endpoint)
    {
        (_outbox, _tools, _endpoint) = (outbox, tools, endpoint);
        _signal = new WakeSignal(tools.Time);
        _place = PlaceOf(tools.DeviceId);
        _link = new SyncBackoff(outbox, tools.Clock, "sync.link", _place, LinkFirst, LinkLongest);
        Lanes = [.. Enum.GetValues<TelemetryClass>().Select(c => new ClassLane(c, new SyncBackoff(outbox, tools.Clock, $"sync.{Tombstone.Name(c)}", _place, ClassFirst, ClassLongest)))];
        Connectivity = new Connectivity(tools.Record.Held);
        Connectivity.Changed += Tell;
    }

    public Connectivity Connectivity { get; }

    public ClassLane[] Lanes { get; }

    public SyncCounters Counters { get; } = new();

    public SyncRecord Record => _tools.Record;

    public SyncOptions Options => _tools.Options;

    public LinkBudget Budget => _tools.Budget;

    /// <summary>The collector; null: none is configured.</summary>
    public Uri? Endpoint => _endpoint();

    /// <summary>What waits although the collector may be there; null: nothing but the collector itself.</summary>
    public Standing? Waits { get; private set; }

    /// <summary>How long until the next try, were there something to send; null: as soon as there is.</summary>
    /// <exception cref="StorageException">The outbox cannot be read now.</exception>
    public TimeSpan? NextTry => _link.Left is { Ticks: > 0 } left ? left : null;

    /// <summary>Sends what may be sent now: no pause, no quiet hours. A hold and a spent budget stand. Completes when the round is over.</summary>
    public async Task NowAsync(CancellationToken cancellation)
    {
        if (_endpoint() is null)
            return;
        await _outbox.FlushAsync();
        // Through the writer: right after the start it has to open what there is first.
        await _outbox.MarkSentAsync([]);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
            _asking.Add(over);
        _signal.Wake();
        await over.Task.WaitAsync(cancellation);
    }

    /// <summary>Sends nothing until told otherwise, restarts included.</summary>
    /// <exception cref="IOException">It would not outlive a restart, and was not done.</exception>
    public void Hold(bool held)
    {
        _tools.Record.Hold(held);
        Connectivity.Hold(held);
        _signal.Wake();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _outbox.Changed += _signal.Wake;
        _tools.EndpointChanged += _signal.Wake;
        NetworkChange.NetworkAddressChanged += NetworkChanged;
        try
        {
            await ComeInTurnAsync(Spread(), stoppingToken);
            while (true)
            {
                var pause = await StepAsync(stoppingToken);
                if (pause > TimeSpan.Zero)
                    await _signal.WaitAsync(pause, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What waits is there at the next start.
        }
        finally
        {
            NetworkChange.NetworkAddressChanged -= NetworkChanged;
            _tools.EndpointChanged -= _signal.Wake;
            _outbox.Changed -= _signal.Wake;
            foreach (var over in Asked())
                over.TrySetCanceled(CancellationToken.None);
            _client?.Dispose();
            Close();
        }
    }

    /// <summary>A fleet that gets its power back at once does not come at once, unless somebody asks.</summary>
    private async Task ComeInTurnAsync(TimeSpan spread, CancellationToken cancellation)
    {
        long began = _tools.Time.GetTimestamp();
        while (_endpoint() is not null && spread - _tools.Time.GetElapsedTime(began) is { Ticks: > 0 } left && !IsAsked)
            await _signal.WaitAsync(left, cancellation);
    }

    /// <returns>How long to wait unless woken.</returns>
    private async Task<TimeSpan> StepAsync(CancellationToken cancellation)
    {
        var asked = Asked();
        try
        {
            return await StepAsync(asked.Count > 0, cancellation);
        }
        catch (StorageException e)
        {
            Waits = new Standing(Connectivity.Current.State, SyncReason.StorageTrouble, e.Message);
            return LookAgain;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.Failed(_tools.Log, e);
            return LookAgain;
        }
        finally
        {
            asked.ForEach(a => a.TrySetResult());
        }
    }

    private async Task<TimeSpan> StepAsync(bool asked, CancellationToken cancellation)
    {
        Waits = null;
        if (_endpoint() is not { } endpoint)
        {
            Drop();
            Waits = new Standing(ConnectivityState.Offline, SyncReason.NotConfigured, "");
            return Long;
        }

        if (_tools.Record.Held)
            return Long;
        if (Gate(asked) is { } gate)
        {
            Waits = gate;
            return LookAgain;
        }

        if (asked)
        {
            _link.End();
            Array.ForEach(Lanes, l => l.Backoff.End());
        }

        if (_outbox.Totals.Batches == 0)
            return Long;
        if (_link.Left is { Ticks: > 0 } left)
            return left;
        if (Ready() is not { } ready)
            return Lanes.Where(l => _outbox.Totals[l.Class].Batches > 0).Select(l => l.Backoff.Left).DefaultIfEmpty(Long).Min();
        long since = _tools.Clock.Now - _lastRound;
        if (!asked && !ready && _lastRound != long.MinValue && since < _tools.Options.Interval.TotalMilliseconds)
            return _tools.Options.Interval - TimeSpan.FromMilliseconds(since);
        // Whatever it came to: what is left is looked at anew.
        return await RoundAsync(endpoint, cancellation) ? Soon : Pause;
    }

    /// <returns>Is there something that does not wait for the interval? Null: there is nothing that may go.</returns>
    private bool? Ready()
    {
        bool any = false;
        foreach (var lane in Lanes)
        {
            if (_outbox.Totals[lane.Class].Batches == 0 || lane.Backoff.Left > TimeSpan.Zero)
                continue;
            if (lane.Class == TelemetryClass.Alarm)
                return true;
            any = true;
        }

        return any ? false : null;
    }

    /// <returns>Was anything acknowledged?</returns>
    private async Task<bool> RoundAsync(Uri endpoint, CancellationToken cancellation)
    {
        if (await ClientAsync(endpoint) is not { } client)
        {
            await _link.FailedAsync(null);
            return false;
        }

        var drain = new Drain(_outbox, client, Lanes, Counters, () => !_tools.Record.Held && _tools.Budget.Left > 0);
        drain.Answered += Answered;
        try
        {
            await drain.RunAsync(cancellation);
        }
        finally
        {
            _lastRound = _tools.Clock.Now;
            if (drain.Acknowledged > 0)
                Log.Round(_tools.Log, drain.Acknowledged);
            if (drain.Rejected > 0)
                Log.Rejected(_tools.Log, drain.Rejected);
        }

        if (drain.Broken is { } broken)
            await _link.FailedAsync(broken.RetryAfter);
        else
            await _link.SucceededAsync();
        return drain.Acknowledged > 0;
    }

    private void Answered(ExportAnswer answer)
    {
        if (answer.IsProven)
            _tools.Record.Contact();
        // A collector that takes logs and knows no traces is there all the same; the lane of the traces says so.
        bool ofOneLane = Array.Exists(Lanes, l => l.Works) && Connectivity.After(answer.Outcome) is { State: ConnectivityState.Held } or { Reason: SyncReason.Busy };
        if (!ofOneLane)
            Connectivity.Apply(answer);
    }

    /// <summary>Hours and bytes; null: neither stands in the way.</summary>
    private Standing? Gate(bool asked)
    {
        if (_tools.Budget.Left == 0)
            return new Standing(Connectivity.Current.State, SyncReason.BudgetSpent, "");
        if (asked || _tools.Options.Quiet is not { } quiet)
            return null;
        bool doubted = _tools.Clock.Quality is not (ClockQuality.Synchronized or ClockQuality.Free);
        if (doubted && !_clockDoubted)
            Log.QuietHoursIgnored(_tools.Log, quiet.ToString());
        _clockDoubted = doubted;
        return !doubted && quiet.Contains(_tools.Time.GetLocalNow()) ? new Standing(Connectivity.Current.State, SyncReason.QuietHours, quiet.ToString()) : null;
    }

    /// <returns>Null: the settings cannot be used.</returns>
    private async Task<CollectorClient?> ClientAsync(Uri endpoint)
    {
        try
        {
            if (_client is null || _client.Endpoint != endpoint)
            {
                Drop();
                _client = new CollectorClient(endpoint, _tools.Options, _tools.Budget, _tools.Clock, _tools.Time);
            }

            await _client.BeginAsync();
            return _client;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or CryptographicException)
        {
            Connectivity.Move(new Standing(ConnectivityState.Held, SyncReason.BadSettings, e.Message));
            return null;
        }
    }

    private void Drop()
    {
        _client?.Dispose();
        _client = null;
    }

    private void NetworkChanged(object? sender, EventArgs e)
    {
        if (_endpoint() is null || _link.Attempts == 0)
            return;
        // A link that comes back does so for everybody on it.
        _link.Within(Spread());
        _signal.Wake();
    }

    private TimeSpan Spread() => _tools.Options.Spread * ((_place * 0.8) + (Random.Shared.NextDouble() * 0.2));

    private bool IsAsked
    {
        get
        {
            lock (_gate)
                return _asking.Count > 0;
        }
    }

    private List<TaskCompletionSource> Asked()
    {
        lock (_gate)
        {
            var asked = _asking;
            _asking = [];
            return asked;
        }
    }

    private void Close()
    {
        _tools.Record.Close();
        try
        {
            _tools.Budget.Save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The day's count loses at most its last megabyte.
        }
    }

    /// <summary>From 0 to 1, always the same for a box, evenly over a fleet.</summary>
    private static double PlaceOf(string deviceId) => System.IO.Hashing.XxHash3.HashToUInt64(System.Text.Encoding.UTF8.GetBytes(deviceId)) / (double)ulong.MaxValue;

    private void Tell(Standing standing)
    {
        if (standing.NeedsPerson)
            Log.NeedsPerson(_tools.Log, standing.State, standing.Reason, standing.Detail, SyncTexts.Hint(standing.Reason) ?? "");
        else
            Log.Changed(_tools.Log, standing.State, standing.Reason, standing.Detail);
    }

    private static partial class Log
    {
        [LoggerMessage(7101, LogLevel.Information, "Telemetry: {State}, {Reason} {Detail}")]
        public static partial void Changed(ILogger logger, ConnectivityState state, SyncReason reason, string detail);

        [LoggerMessage(7102, LogLevel.Warning, "Telemetry waits: {State}, {Reason}: the collector {Detail}. {Hint} Nothing is dropped for it")]
        public static partial void NeedsPerson(ILogger logger, ConnectivityState state, SyncReason reason, string detail, string hint);

        [LoggerMessage(7103, LogLevel.Debug, "{Batches} batches of telemetry were acknowledged")]
        public static partial void Round(ILogger logger, int batches);

        [LoggerMessage(7104, LogLevel.Warning, "The collector took batches of telemetry without {Rows} rows in them, which it rejects; they are not sent again")]
        public static partial void Rejected(ILogger logger, long rows);

        [LoggerMessage(7105, LogLevel.Warning, "The quiet hours {Hours} are not kept: this box does not know what time it is")]
        public static partial void QuietHoursIgnored(ILogger logger, string hours);

        [LoggerMessage(7106, LogLevel.Error, "Sending telemetry failed for a reason of the service's own; it is tried again")]
        public static partial void Failed(ILogger logger, Exception reason);
    }
}
