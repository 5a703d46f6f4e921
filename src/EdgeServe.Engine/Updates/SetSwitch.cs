using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Updates;

/// <summary>Steps 4, 5 and 7 of the update flow as the catalog and the disk see them: a set is tried, swapped in, swapped back.</summary>
internal sealed class SetSwitch(ModelCatalog catalog, ActiveSets sets, UpdateRecords records, SmokeTest test, UpdateOptions options)
{
    /// <summary>Swapping back waits no longer than this for models to load: the rest loads behind the swap.</summary>
    private static readonly TimeSpan RollBackLoading = TimeSpan.FromMilliseconds(400);

    /// <summary>4: loads what is new beside what serves, and tries it.</summary>
    /// <exception cref="BundleException">The set is no good on this device. Nothing changed.</exception>
    public async Task<StagedSet> StageAsync(ModelRepository set, CancellationToken cancellation)
    {
        try
        {
            return await catalog.StageAsync(set, test.RunAsync, TimeSpan.MaxValue, cancellation);
        }
        catch (ServingException e)
        {
            throw new BundleException(e.Error == ServingError.OutOfModelMemory ? BundleError.OutOfMemory : BundleError.LoadFailed, e.Message, e.Hint, e);
        }
    }

    /// <summary>5: journal first, then the swap. A crash between the two starts with the new set, in probation.</summary>
    public async Task ActivateAsync(SetReference set, StagedSet staged, UpdateEvent activated)
    {
        string[] changed = [.. staged.Versions.Where(v => staged.Repository.ContentOf(v) != catalog.Repository.ContentOf(v)).Select(v => v.ToString())];
        records.Journal.Write(s => s with
        {
            Active = set,
            // A set that was never committed is nothing to go back to, while there is another.
            Previous = s.Probation is null ? s.Active : s.Previous ?? s.Active,
            Pending = null,
            Refused = null,
            Probation = new ProbationState((long)options.Probation.TotalMilliseconds, 0, true, changed) { Boot = records.Boot },
            History = [.. s.History, activated],
        });
        await catalog.ActivateAsync(staged, CancellationToken.None);
        records.Serving = set;
        records.Note(activated);
    }

    /// <summary>7: back to the set before, without a byte from anywhere. Serving does not wait for a disk that fails.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.NotFound"/>: there is no set before.</exception>
    public async Task<UpdateEvent> RollBackAsync(string who, BundleError error, string message)
    {
        var state = records.Journal.State;
        if (state.Previous is not { } target || state.Active is not { } leaving || sets.Open(target) is not { } folder)
            throw new BundleException(BundleError.NotFound, "there is no earlier release on this device to go back to", "Head office can publish the old models as a new release.");
        var staged = await catalog.StageAsync(folder, null, RollBackLoading, CancellationToken.None);
        var e = records.Event(UpdateRecords.RolledBack, leaving, who, $"{message}; back to release {target.Release}", "A newer release will be installed by itself.");
        records.Journal.TryWrite(s => BackTo(s, target, leaving, error, message, e));
        await catalog.ActivateAsync(staged, CancellationToken.None);
        records.Serving = target;
        records.Note(e);
        return e;
    }

    public static JournalState BackTo(JournalState state, SetReference? target, SetReference leaving, BundleError error, string message, UpdateEvent e) => state with
    {
        Active = target,
        Previous = null,
        RolledBack = leaving,
        Probation = null,
        Refused = new RefusedSet(leaving, error, message, 1),
        History = [.. state.History, e],
    };
}
