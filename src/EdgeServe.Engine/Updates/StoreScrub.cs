using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Updates;

/// <summary>
/// Reads the whole store again from time to time, so slowly that nobody notices. What is damaged leaves the store, and the
/// next source that offers the release that serves brings it again (<see cref="Updater"/>).
/// </summary>
internal sealed partial class StoreScrub(ContentStore store, UpdateRecords records, TimeProvider time, ILogger<StoreScrub> log) : BackgroundService
{
    /// <summary>The start of a box has better things to do.</summary>
    private static readonly TimeSpan First = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan Interval = TimeSpan.FromDays(7);
    private static readonly TimeSpan BetweenQuestions = TimeSpan.FromMinutes(1);

    /// <summary>Does the device have to be spared?</summary>
    public Func<bool> Deferred { get; init; } = static () => false;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (var wait = First; ; wait = Interval)
            {
                await Task.Delay(wait, time, stoppingToken);
                while (Deferred())
                    await Task.Delay(BetweenQuestions, time, stoppingToken);
                await RunAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // It begins anew after the next start.
        }
    }

    /// <summary>Once through.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            var report = await store.ScrubAsync(time, cancellation);
            if (report.Damaged.Count == 0)
            {
                Log.Sound(log, report.Blobs, report.Bytes);
                return;
            }

            var e = records.Event("damaged", records.Journal.State.Active, "scrub", $"{report.Damaged.Count} of {report.Blobs} blobs in the store were damaged and are removed: {string.Join(", ", report.Damaged)}", "The next source that has this release heals it; what serves goes on serving.");
            records.Journal.TryWrite(s => s with { History = [.. s.History, e] });
            records.Note(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.Broken(log, ContentStore.Describe(e).Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6007, LogLevel.Information, "The store is sound: {Blobs} blobs, {Bytes} bytes")]
        public static partial void Sound(ILogger logger, int blobs, long bytes);

        [LoggerMessage(6008, LogLevel.Warning, "The store could not be read: {Reason}")]
        public static partial void Broken(ILogger logger, string reason);
    }
}
