using EdgeServe.Engine.Bundles;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Updates;

/// <summary>What goes on beside the updater: probation is watched, models that the swap left out come back, what nobody needs is deleted.</summary>
internal sealed partial class UpdateWorker(
    Updater updater, UpdateRecords records, Probation probation, UpdateCollector collector, UpdateOptions options, TimeProvider time, ILogger<UpdateWorker> log) : BackgroundService
{
    private const int TicksBetweenWrites = 30;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim _switched = new(0, 1);
    private SetReference? _watched;
    private long _last;
    private int _ticks;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // Told to stop: no crash.
        if (records.Journal.State.Probation is not null)
            records.Journal.TryWrite(s => s.Probation is { } p ? s with { Probation = p with { Running = false } } : s);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        updater.Switched += Wake;
        try
        {
            await probation.Catalog.Tried.WaitAsync(stoppingToken);
            await updater.BetweenOffersAsync(collector.Run, stoppingToken);
            while (true)
            {
                bool watching = records.Journal.State.Probation is not null;
                if (await _switched.WaitAsync(watching ? Tick : Timeout.InfiniteTimeSpan, stoppingToken))
                    await probation.Catalog.FillAsync(stoppingToken);
                await LookAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service ends; the journal knows how far probation got.
        }
        finally
        {
            updater.Switched -= Wake;
        }
    }

    private void Wake()
    {
        if (_switched.CurrentCount == 0)
            _switched.Release();
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            if (records.Journal.State is { Probation: { } state, Active: { } set })
                await WatchAsync(set, state, cancellation);
            else
                _watched = null;
        }
        catch (BundleException e)
        {
            Log.Trouble(log, e.Message, e.Hint ?? "");
        }
    }

    private async Task WatchAsync(SetReference set, ProbationState state, CancellationToken cancellation)
    {
        if (_watched != set)
        {
            _watched = set;
            _last = time.GetTimestamp();
            probation.Begin(state.Changed);
        }

        var elapsed = time.GetElapsedTime(_last);
        long left = state.LeftMs - (long)elapsed.TotalMilliseconds;
        if (probation.Verdict(state.Changed) is { } reason)
            await FailAsync(set, reason, cancellation);
        else if (left <= 0 || probation.Answered(state.Changed) >= options.ProbationRequests)
            await CommitAsync(set, cancellation);
        else if (++_ticks % TicksBetweenWrites == 0)
        {
            // A minute of probation that is lost to a power cut is spent again; a card has only so many writes.
            _last = time.GetTimestamp();
            records.Journal.Write(s => s.Probation is { } p && s.Active == set ? s with { Probation = p with { LeftMs = left, Settled = true, Reboots = 0 } } : s);
        }
    }

    private async Task FailAsync(SetReference set, string reason, CancellationToken cancellation)
    {
        if (records.Journal.State.Previous is not null)
        {
            await updater.RollBackAsync(set, reason, cancellation);
            return;
        }

        var e = records.Event(UpdateRecords.Code(BundleError.ProbationFailed), set, "probation", $"{reason}; there is no set to go back to", "Publish a release that works.");
        records.Journal.Write(s => s.Active == set ? s with { Probation = null, History = [.. s.History, e] } : s);
        records.Note(e);
    }

    private async Task CommitAsync(SetReference set, CancellationToken cancellation)
    {
        var e = records.Event(UpdateRecords.Committed, set, "probation", $"release {set.Release} is good");
        var after = records.Journal.Write(s => s.Active == set && s.Probation is not null
            ? s with { Probation = null, RolledBack = null, Refused = null, History = [.. s.History, e] }
            : s);
        if (after.Probation is null)
            records.Note(e);
        await updater.BetweenOffersAsync(collector.Run, cancellation);
    }

    private static partial class Log
    {
        [LoggerMessage(6004, LogLevel.Warning, "Updates: {Message}. {Hint}")]
        public static partial void Trouble(ILogger logger, string message, string hint);
    }
}
