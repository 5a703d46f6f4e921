using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Store;
using EdgeServe.Engine.Models;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Updates;

/// <summary>Deletes what no set and no job needs. When it cannot be told what jobs need, everything stays.</summary>
internal sealed partial class UpdateCollector(ActiveSets sets, SetContent content, ContentStore store, UpdateRecords records, IModelPins pins, ILogger<UpdateCollector> log)
{
    public void Run()
    {
        if (pins.Pinned() is not { } pinned || records.Journal.IsDamaged)
            return;
        try
        {
            SetReference[] keep = [.. records.Journal.State.Sets];
            var blobs = new HashSet<Digest>();
            foreach (var manifest in sets.Collect(keep, pinned))
                content.AddBlobs(manifest, blobs);
            foreach (var set in keep)
                content.AddBlobs(set, blobs);
            if (records.Journal.State.Pending is { } pending)
                content.AddPrograms(pending, blobs);
            var report = store.CollectGarbage(blobs);
            if (report.Files > 0)
                Log.Collected(log, report.Files, report.Bytes);
        }
        catch (Exception e) when (e is BundleException or IOException or UnauthorizedAccessException)
        {
            Log.NotCollected(log, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6005, LogLevel.Information, "Deleted {Files} files ({Bytes} bytes) that no release on this device needs")]
        public static partial void Collected(ILogger logger, int files, long bytes);

        [LoggerMessage(6006, LogLevel.Warning, "Could not delete what no release needs: {Reason}")]
        public static partial void NotCollected(ILogger logger, string reason);
    }
}
