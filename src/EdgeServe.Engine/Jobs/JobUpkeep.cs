using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Jobs;

/// <summary>What the jobs' files need now and then: the check after an unclean stop, retention, the ballast, the copy, the clock.</summary>
internal sealed partial class JobUpkeep(JobStorage storage, JobService service, DeviceClock clock, TimeProvider time, ILogger<JobUpkeep> log) : BackgroundService
{
    private const int AtATime = 200;
    private const int RowsAChunk = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private const int ClockSavedEvery = 10;
    private long _copiedMs;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        SaveClock();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await storage.Opened.WaitAsync(stoppingToken);
        bool unclean = !storage.Data.StoppedCleanly;
        _copiedMs = clock.Now;
        await Task.Run(() => Look(unclean), stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        for (int turn = 1; await timer.WaitForNextTickAsync(stoppingToken); turn++)
        {
            await TidyAsync();
            if (turn % ClockSavedEvery == 0)
                SaveClock();
        }
    }

    /// <summary>Once, behind a service that already serves.</summary>
    private void Look(bool unclean)
    {
        storage.KeepBallast();
        if (storage.Trouble is { Error: not StorageError.Full })
            return;
        try
        {
            if (unclean)
                Check();
            int swept = storage.Files.Sweep((id, part) => storage.Readers.Read(r => r.Names(id, part)));
            if (swept > 0)
                Log.Swept(log, swept);
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            Log.UpkeepFailed(log, e.Message);
        }
    }

    private void Check()
    {
        long start = time.GetTimestamp();
        string verdict = storage.Readers.Read(r => Database.TextOf(r.Connection, "PRAGMA quick_check(1)"));
        if (verdict != "ok")
            throw Damaged();
        for (long after = 0; ;)
        {
            long from = after;
            // Rows check themselves as they are read.
            after = storage.Readers.Read(r => r.CheckRows(from, RowsAChunk));
            if (after == 0)
                break;
        }

        Log.Checked(log, (long)time.GetElapsedTime(start).TotalMilliseconds);

        StorageException Damaged()
        {
            storage.ReportDamage(storage.Readers.Generation);
            return new StorageException(StorageError.Broken, $"the check after an unclean stop found damage: {verdict}");
        }
    }

    private async Task TidyAsync()
    {
        storage.KeepBallast();
        try
        {
            await RetireAsync();
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
                    bytes -= job.ResultBytes;
                }

                session.PruneKeys(service.Options.MaxKeys);
                return gone;
            });
            removed.ForEach(service.DeleteFiles);
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
        [LoggerMessage(5040, LogLevel.Information, "The service was not stopped cleanly; its jobs database was checked in {Milliseconds} ms and is sound")]
        public static partial void Checked(ILogger logger, long milliseconds);

        [LoggerMessage(5041, LogLevel.Information, "Deleted {Count} payload files that no job names")]
        public static partial void Swept(ILogger logger, int count);

        [LoggerMessage(5042, LogLevel.Warning, "Upkeep of the jobs' files failed and is tried again: {Reason}")]
        public static partial void UpkeepFailed(ILogger logger, string reason);
    }
}
