using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Jobs;

/// <summary>What the jobs' files need now and then: the check after every start, retention, the ballast, the copy, the clock.</summary>
internal sealed partial class JobUpkeep(JobStorage storage, JobService service, JobRunner runner, DeviceClock clock, TimeProvider time, ILogger<JobUpkeep> log) : BackgroundService
{
    private const int AtATime = 200;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    /// <summary>A write of its own each time: a card wears out. Rows carry the clock on in between.</summary>
    private const int ClockSavedEvery = 30;
    private long _copiedMs;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        SaveClock();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await storage.Opened.WaitAsync(stoppingToken);
        _copiedMs = clock.Now;
        // Models first: whoever waits for the box to be ready does not wait for the check.
        await runner.Ready.WaitAsync(stoppingToken);
        await Task.Run(Look, stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        for (int turn = 1; await timer.WaitForNextTickAsync(stoppingToken); turn++)
        {
            await TidyAsync();
            if (turn % ClockSavedEvery == 0)
                SaveClock();
        }
    }

    /// <summary>Behind a service that already serves.</summary>
    private void Look()
    {
        storage.KeepBallast();
        if (storage.Trouble is { Error: not StorageError.Full })
            return;
        try
        {
            Check();
            // The requests of jobs that went with their log are all that is left of them.
            string? keepIn = storage.LogWasMissing ? Path.Combine(storage.Data.Quarantine, "unnamed") : null;
            int swept = storage.Files.Sweep((id, part) => storage.Readers.Read(r => r.Names(id, part)), keepIn);
            if (swept > 0 && keepIn is null)
                Log.Swept(log, swept);
            else if (swept > 0)
                Log.Kept(log, swept, keepIn!);
            Reclaim();
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            Log.UpkeepFailed(log, e.Message);
        }
    }

    /// <summary>Keys of submissions and deletions that a crash cut off. Not while a person may still save the jobs they are of: then after the next start.</summary>
    private void Reclaim()
    {
        if (storage.WasDamaged)
            return;
        var named = storage.Readers.Read(r => r.Keys());
        named.UnionWith(PayloadFiles.KeysIn(Path.Combine(storage.Data.Quarantine, "unnamed")).Select(k => k.Value));
        int destroyed = storage.Keys.Reclaim(named);
        if (destroyed > 0)
            Log.Reclaimed(log, destroyed);
    }

    private void Check()
    {
        long start = time.GetTimestamp();
        JobCheck.Run(storage);
        Log.Checked(log, (long)time.GetElapsedTime(start).TotalMilliseconds);
    }

    private async Task TidyAsync()
    {
        storage.KeepBallast();
        try
        {
            if (!storage.IsChecked)
                await Task.Run(Check);
            await RetireAsync();
            if (storage.Trouble is { Error: StorageError.Full })
                await Task.Run(() => Database.EmptyLog(storage.Data.Jobs));
            var interval = service.Options.BackupInterval;
            if (interval > TimeSpan.Zero && clock.Now - _copiedMs >= interval.TotalMilliseconds)
                await Task.Run(Copy);
        }
        catch (Exception e) when (e is StorageException or SqliteException or IOException or UnauthorizedAccessException)
        {
            Log.UpkeepFailed(log, e.Message);
        }
    }

    /// <summary>Forgets finished jobs, oldest first, while there are too many, too large or too old ones.</summary>
    private async Task RetireAsync()
    {
        while (true)
        {
            var removed = await storage.Writer.RunAsync(session =>
            {
                var gone = new List<Job>();
                long bytes = storage.Totals.Bytes;
                long count = storage.Totals.Finished;
                foreach (var job in session.OldestDone(AtATime))
                {
                    bool old = job.ChangedMs + service.Options.Retention.TotalMilliseconds < clock.Now;
                    if (!old && count <= service.Options.MaxFinished && bytes <= service.Options.MaxBytes)
                        break;
                    session.Remove(job);
                    gone.Add(job);
                    count--;
                    bytes -= JobTotals.KeptBytes(job);
                }

                session.PruneKeys(service.Options.MaxKeys);
                return gone;
            });
            removed.ForEach(service.DeleteFiles);
            await storage.Keys.SettledAsync();
            if (removed.Count < AtATime)
                return;
        }
    }

    private void Copy()
    {
        Directory.CreateDirectory(storage.Data.Backup);
        string path = Path.Combine(storage.Data.Backup, "jobs.db");
        storage.Readers.Read(r => DatabaseCopy.To(r.Connection, path + ".tmp"));
        AtomicWrite.Publish(path + ".tmp", path);
        _copiedMs = clock.Now;
    }

    private void SaveClock()
    {
        try
        {
            clock.Save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.UpkeepFailed(log, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5040, LogLevel.Information, "The jobs database was checked in {Milliseconds} ms and is sound")]
        public static partial void Checked(ILogger logger, long milliseconds);

        [LoggerMessage(5041, LogLevel.Information, "Deleted {Count} payload files that no job names")]
        public static partial void Swept(ILogger logger, int count);

        [LoggerMessage(8201, LogLevel.Information, "Destroyed {Count} keys that no job needs: prepared or left behind before the last start")]
        public static partial void Reclaimed(ILogger logger, int count);

        [LoggerMessage(5043, LogLevel.Warning, "{Count} payload files that no job names were moved to {Folder}: the write-ahead log that named them is gone")]
        public static partial void Kept(ILogger logger, int count, string folder);

        [LoggerMessage(5042, LogLevel.Warning, "Upkeep of the jobs' files failed and is tried again: {Reason}")]
        public static partial void UpkeepFailed(ILogger logger, string reason);
    }
}
