using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Models;

/// <summary>Whole sets: staged beside the running one, swapped in by one assignment. Rolling back is the same with the set before.</summary>
public sealed partial class ModelCatalog
{
    private const int NiceOfStaging = 10;
    private const int StackOfStaging = 8 << 20;
    private Func<string, bool> _wanted = static _ => true;

    /// <summary>The device is enrolled: from now on nothing gets in but by a signed set. What serves goes on serving.</summary>
    internal void CloseDoor() => _closed = true;

    /// <summary>Serves another root from the beginning. Only before anything is loaded.</summary>
    internal void StartFrom(ModelRepository repository) => Publish(_ => new CatalogSnapshot(repository, []));

    /// <summary>
    /// Loads what is new in a set, one version after the other beside the running ones, and has each tried. Versions that
    /// serve already with the same content are left alone. What fits the memory budget stays loaded for the swap; the rest
    /// loads on request, as evicted versions do.
    /// </summary>
    /// <param name="next">The set's folder.</param>
    /// <param name="trial">Throws to refuse the set; null: no trial, and what does not load is left for later (roll-back).</param>
    /// <param name="enough">Time after which nothing more is loaded before the swap.</param>
    /// <param name="cancellation">Stops between and inside trials.</param>
    /// <exception cref="ServingException">A version does not load, or needs more memory than there is. Nothing changed.</exception>
    internal async Task<StagedSet> StageAsync(ModelRepository next, Func<StagedModel, CancellationToken, Task>? trial, TimeSpan enough, CancellationToken cancellation)
    {
        long start = _time.GetTimestamp();
        var staged = new StagedSet(next);
        try
        {
            foreach (var (name, problem) in next.List())
            {
                if (problem is not null)
                    throw new ServingException(ServingError.LoadFailed, problem);
                foreach (var files in Chosen(next, name))
                {
                    staged.Add(files.Key);
                    if (Unchanged(_current, next, files.Key) is null && _time.GetElapsedTime(start) < enough)
                        await TryOneAsync(staged, files, trial, cancellation);
                }
            }

            return staged;
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The swap: every model of the set answers from the next lookup on, none of the old ones does, by one assignment.
    /// Requests under way finish on the version they have.
    /// </summary>
    internal async Task ActivateAsync(StagedSet staged, CancellationToken cancellation)
    {
        // No load, unload or restoring is half done while the root changes.
        var entered = new List<IDisposable>();
        try
        {
            foreach (string name in _current.Models.Select(m => m.Name).Union(staged.Versions.Select(v => v.Name)).Order(StringComparer.Ordinal).ToArray())
                entered.Add(await EnterAsync(name, cancellation));
            List<ServedModel> leaving = [];
            Publish(before =>
            {
                var next = Next(before, staged);
                leaving = [.. ServedBy(before).Except(ServedBy(next))];
                return next;
            });
            leaving.ForEach(Retire);
        }
        finally
        {
            entered.ForEach(e => e.Dispose());
            staged.Dispose();
        }
    }

    /// <summary>Loads again what the swap left out of memory and the budget has room for.</summary>
    internal async Task FillAsync(CancellationToken cancellation)
    {
        foreach (var model in _current.Models)
        {
            foreach (var version in model.Versions.Where(v => v.Evicted))
            {
                if (Repository.Versions(model.Name).FirstOrDefault(f => f.Key.Version == version.Version) is not { } files)
                    continue;
                if (MemoryBytes + ModelLoader.EstimateBytes(files, ModelLoader.ReadDefinition(files, [])) > _budget.Bytes)
                    continue;
                try
                {
                    await RestoreAsync(model.Name, version.Version, cancellation);
                }
                catch (ServingException e)
                {
                    Log.LoadFailed(_log, model.Name, version.Version, e.Message);
                }
            }
        }
    }

    private async Task TryOneAsync(StagedSet staged, ModelFiles files, Func<StagedModel, CancellationToken, Task>? trial, CancellationToken cancellation)
    {
        if (trial is null)
        {
            try
            {
                staged.Keep(await BesideAsync(staged, files, cancellation));
            }
            catch (ServingException e)
            {
                Log.LoadFailed(_log, files.Key.Name, files.Key.Version, e.Message);
            }

            return;
        }

        long before = ProcessMemory.OwnBytes;
        var candidate = await BesideAsync(staged, files, cancellation);
        long growth = before > 0 ? Math.Max(0, ProcessMemory.OwnBytes - before) : 0;
        ServedModel? running = null;
        try
        {
            if (_current.Find(files.Key.Name)?.Default?.Served is { } served && served.TryLease(served.LastUsed))
                running = served;
            await trial(new StagedModel(files, candidate, running, growth), cancellation);
        }
        catch
        {
            candidate.Release();
            throw;
        }
        finally
        {
            running?.Release();
        }

        if (MemoryBytes + staged.KeptBytes + candidate.MemoryBytes <= _budget.Bytes)
            staged.Keep(candidate);
        else
            candidate.Release();
    }

    private async Task<ServedModel> BesideAsync(StagedSet staged, ModelFiles files, CancellationToken cancellation)
    {
        var errors = new List<string>();
        var definition = ModelLoader.ReadDefinition(files, errors);
        long bytes = ModelLoader.EstimateBytes(files, definition);
        while (MemoryBytes + staged.KeptBytes + bytes > _budget.Bytes && staged.DropOne() > 0)
        {
        }

        foreach (var victim in _budget.Beside(files.Key, bytes, ServedNow()))
        {
            Log.Evicted(_log, victim.Key.Name, victim.Key.Version, victim.MemoryBytes);
            Evict(victim);
        }

        cancellation.ThrowIfCancellationRequested();
        var statistics = StatisticsOf(files.Key);
        // Threads that the engine starts for a run inherit the level: such a model is loaded at the ordinary one.
        int nice = definition.Execution.IntraOpThreads == 1 ? NiceOfStaging : 0;
        var loaded = new TaskCompletionSource<ServedModel>(TaskCreationOptions.RunContinuationsAsynchronously);
        InferenceThread.Start("staging", nice, () =>
        {
            try
            {
                loaded.SetResult(Opened(_loader.Load(files, statistics), files));
            }
            catch (Exception e)
            {
                loaded.SetException(e);
            }
        }, StackOfStaging);
        return await loaded.Task;
    }

    private CatalogSnapshot Next(CatalogSnapshot before, StagedSet staged)
    {
        var models = new List<CatalogModel>();
        foreach (var group in staged.Versions.GroupBy(v => v.Name))
        {
            var old = before.Find(group.Key);
            // What its operator unloaded, or never asked for, stays out of the way.
            bool unloaded = old is { Versions.Length: > 0 } && old.Versions.All(v => v.Reason == Unloaded);
            bool unasked = old is { Versions.Length: 0 } || (old is null && !_wanted(group.Key));
            models.Add(new CatalogModel(group.Key, unasked ? [] : [.. group.Select(key => unloaded
                ? new CatalogVersion(key.Version, VersionState.Unavailable, Unloaded, null)
                : Unchanged(before, staged.Repository, key) is { } same ? same with { Reason = "" }
                : staged.Take(key) is { } served ? new CatalogVersion(key.Version, VersionState.Ready, "", served)
                : Out(new CatalogVersion(key.Version, VersionState.Ready, "", null)))]));
        }

        return new CatalogSnapshot(staged.Repository, models);
    }

    /// <returns>The version that serves already with the very content the next set has; null: there is none.</returns>
    private static CatalogVersion? Unchanged(CatalogSnapshot current, ModelRepository next, ModelVersionKey key) =>
        next.ContentOf(key) is { } content && current.Repository.ContentOf(key) == content && current.Find(key.Name)?.Find(key.Version) is { State: VersionState.Ready } version
            ? version
            : null;

    private ModelFiles[] Chosen(ModelRepository repository, string name)
    {
        var present = repository.Versions(name);
        long[] chosen = PolicyOf(name).Choose(present.Select(p => p.Key.Version), out long[] missing);
        return chosen.Length > 0 && missing.Length == 0
            ? [.. present.Where(p => chosen.Contains(p.Key.Version))]
            : throw new ServingException(ServingError.LoadFailed, NothingToLoad(name, PolicyOf(name), missing), "Change the version policy of the model, or publish that version.");
    }

    private static IEnumerable<ServedModel> ServedBy(CatalogSnapshot snapshot) => snapshot.Models.SelectMany(m => m.Versions).Select(v => v.Served).OfType<ServedModel>();
}
