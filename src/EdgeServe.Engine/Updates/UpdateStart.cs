using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Updates;

/// <summary>
/// What the journal decides when the service starts, before any model is loaded: which set serves, whether a set in
/// probation crashed the process too often, and what an interrupted update left behind.
/// </summary>
internal sealed class UpdateStart(TermsInForce terms, SetContent content, ActiveSets sets, UpdateRecords records, ModelCatalog catalog)
{
    public const int MostCrashes = 3;

    /// <summary>Points the catalog at the set to serve. Leaves a device that is not enrolled as it is.</summary>
    public void Run()
    {
        catalog.Earlier = sets.Find;
        // Enrolled while it runs: what serves goes on serving until the first release; nothing else gets in.
        terms.Changed += catalog.CloseDoor;
        if (!terms.IsEnrolled)
            return;
        if (records.Journal.IsDamaged && sets.Newest() is { } newest)
            records.Journal.TryWrite(_ => new JournalState { Active = newest, History = [records.Event("recovered", newest, "start", "the update journal was damaged; the newest set on the disk serves")] });
        catalog.CloseDoor();
        Count();
        catalog.StartFrom(Serving() ?? sets.Empty);
        records.Serving = records.Journal.State.Active;
    }

    /// <summary>Only what a stop that was not asked for leaves behind counts as a crash, and not a power cut.</summary>
    private void Count()
    {
        var state = records.Journal.State;
        if (state is not { Probation: { } probation, Active: { } active })
            return;
        var now = probation.AtStart(records.Boot);
        if (now.Crashes < MostCrashes)
        {
            records.Journal.TryWrite(s => s with { Probation = now });
            return;
        }

        string message = $"the process ended {now.Crashes} times unasked while release {active.Release} was in probation";
        if (state.Previous is not { } to)
        {
            // Serving nothing is no improvement on serving this.
            var kept = records.Event("kept", active, "start", $"{message}; there is no set to go back to, it goes on serving", "A newer release will be installed by itself.");
            records.Journal.TryWrite(s => s with { Probation = now with { Crashes = 0 }, History = [.. s.History, kept] });
            records.Note(kept);
            return;
        }

        var e = records.Event(UpdateRecords.RolledBack, active, "start", $"{message}; back to release {to.Release}", "A newer release will be installed by itself.");
        records.Journal.TryWrite(s => SetSwitch.BackTo(s, to, active, BundleError.ProbationFailed, message, e));
        records.Note(e);
    }

    private ModelRepository? Serving()
    {
        var state = records.Journal.State;
        if (state.Active is not { } active)
            return null;
        if (Open(active) is { } found)
            return found;
        if (state.Previous is not { } previous || Open(previous) is not { } before)
            return null;
        const string message = "its files are gone";
        var e = records.Event(UpdateRecords.RolledBack, active, "start", $"release {active.Release} cannot serve: {message}; back to release {previous.Release}");
        records.Journal.TryWrite(s => SetSwitch.BackTo(s, previous, active, BundleError.LoadFailed, message, e));
        records.Note(e);
        return before;
    }

    /// <summary>The folder, or one laid out again from the store.</summary>
    private ModelRepository? Open(SetReference set)
    {
        try
        {
            return sets.Open(set) ?? (content.IsComplete(set) ? sets.Build(set, content.Models(set)) : null);
        }
        catch (Exception e) when (e is BundleException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
