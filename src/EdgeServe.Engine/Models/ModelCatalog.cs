using System.Collections.Concurrent;
using EdgeServe.Engine.Inference;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Models;

/// <summary>
/// What is served. Reads see one immutable snapshot behind a volatile field; loading, reloading, unloading and eviction
/// each build the next one and assign it. A reload puts the new version beside the old, swaps, and lets the old one drain:
/// no request fails for it, and a reload that fails changes nothing.
/// </summary>
public sealed partial class ModelCatalog : IAsyncDisposable
{
    internal const string Unloaded = "unloaded";
    private const int GoneVersionsKept = 8;
    private const int RetiredBetweenCollections = 128;
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);
    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new();
    private readonly ConcurrentDictionary<ModelVersionKey, ModelStatistics> _statistics = new();
    private readonly ConcurrentDictionary<ServedModel, byte> _draining = new();
    private readonly ConcurrentDictionary<ModelVersionKey, ServedModel> _aside = new();
    private readonly Lock _publish = new();
    private readonly Lock _room = new();
    private readonly ModelLoader _loader;
    private readonly MemoryBudget _budget;
    private readonly CatalogOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _giveBack;
    private readonly ILogger<ModelCatalog> _log;
    private volatile CatalogSnapshot _current;
    private volatile bool _closed;
    private long _loading;
    private int _retired;

    internal ModelCatalog(ModelRepository repository, ModelLoader loader, CatalogOptions options, TimeProvider time, ILogger<ModelCatalog> log)
    {
        _current = new CatalogSnapshot(repository, []);
        _loader = loader;
        _options = options;
        _budget = new MemoryBudget(options.MemoryBudgetBytes, options.Pinned, options.Memory);
        _time = time;
        _giveBack = time.CreateTimer(_ => GiveBackWhenCalm(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _log = log;
    }

    public CatalogSnapshot Current => _current;

    /// <summary>Where models come from now.</summary>
    public ModelRepository Repository => _current.Repository;

    /// <summary>Bytes the loaded models count for, by estimate.</summary>
    public long MemoryBytes => ServedNow().Sum(m => m.MemoryBytes);

    public long MemoryBudgetBytes => _options.MemoryBudgetBytes;

    /// <summary>May a load request bring files?</summary>
    public bool AllowUpload => _options.AllowUpload && !IsClosed;

    /// <summary>The device is enrolled: the signed channel is the only way a model gets in.</summary>
    public bool IsClosed => _closed || Repository.IsInstalled;

    /// <summary>Finds a version that the current set no longer has, for jobs that are bound to it.</summary>
    internal Func<ModelVersionKey, ModelFiles?>? Earlier { get; set; }

    /// <summary>Called with every version that was loaded, on the thread that loaded it and before it serves.</summary>
    internal event Action<ServedModel, ModelFiles>? Loaded;

    /// <summary>Completes when every model was tried for the first time: from then on one that is missing is missing.</summary>
    public Task Tried => _tried.Task;

    /// <summary>Every version that has statistics, loaded now or before.</summary>
    public IEnumerable<(ModelVersionKey Key, ModelStatistics Statistics)> Statistics =>
        _statistics.Select(p => (p.Key, p.Value)).OrderBy(p => p.Key.Name, StringComparer.Ordinal).ThenBy(p => p.Key.Version);

    /// <summary>A lease on the version that answers; the caller releases it. Loads an evicted version again.</summary>
    /// <param name="name">Model name as the client sent it.</param>
    /// <param name="version">0: by policy.</param>
    /// <exception cref="ServingException"><see cref="ServingError.UnknownModel"/> or <see cref="ServingError.ModelNotReady"/>.</exception>
    public ValueTask<ServedModel> LeaseAsync(string name, long version, CancellationToken cancellation)
    {
        var found = Find(name, version);
        return found.Served is { } served && served.TryLease(_time.GetTimestamp())
            ? new ValueTask<ServedModel>(served)
            : new ValueTask<ServedModel>(LeaseSlowAsync(name, version, cancellation));
    }

    /// <summary>The version a request would get, loaded or evicted.</summary>
    /// <exception cref="ServingException">There is none.</exception>
    public CatalogVersion Find(string name, long version)
    {
        var model = _current.Find(name);
        // The server answers before it has looked through its models: nothing that may be there is called missing.
        if (!_tried.Task.IsCompleted && model is null or { Versions.Length: 0 })
            throw Starting(name);
        if (model is null || (model.Versions.Length == 0 && version == 0))
            throw Unknown(model, name);
        if (version != 0)
        {
            var specific = model.Find(version)
                ?? throw new ServingException(ServingError.UnknownModel, $"Request for unknown model: '{name}' version {version} is not found");
            return specific.State == VersionState.Ready ? specific : throw NotReady(name, specific);
        }

        return model.Default ?? throw NotReady(name, model.Versions[^1]);
    }

    /// <summary>
    /// A lease on this very version, whatever the policy serves: one that is in the folder but not served is loaded aside
    /// and stays until <see cref="ReleaseInstalled"/>.
    /// </summary>
    /// <exception cref="ServingException"><see cref="ServingError.UnknownModel"/>: its files are gone.</exception>
    public async ValueTask<ServedModel> LeaseInstalledAsync(string name, long version, CancellationToken cancellation)
    {
        if (_current.Find(name)?.Find(version) is { State: VersionState.Ready })
            return await LeaseAsync(name, version, cancellation);
        using (await EnterAsync(name, cancellation))
        {
            var key = new ModelVersionKey(name, version);
            if (_aside.TryGetValue(key, out var held) && held.TryLease(_time.GetTimestamp()))
                return held;
            var files = Repository.Versions(name).FirstOrDefault(f => f.Key == key) ?? Earlier?.Invoke(key)
                ?? throw new ServingException(ServingError.UnknownModel, $"Request for unknown model: '{name}' version {version} is not found", "Its files left the repository.");
            var served = await Task.Run(() => LoadOne(files, null), cancellation);
            served.TryLease(_time.GetTimestamp());
            _aside[key] = served;
            return served;
        }
    }

    /// <summary>Lets go of what was loaded aside; what is leased lives on until it is not.</summary>
    public void ReleaseInstalled()
    {
        foreach (var key in _aside.Keys)
        {
            if (_aside.TryRemove(key, out var served))
                Retire(served);
        }
    }

    /// <summary>Finds all models of the repository and loads those that <paramref name="wanted"/> accepts. One bad model never stops the others.</summary>
    public async Task LoadAllAsync(Func<string, bool> wanted, CancellationToken cancellation)
    {
        _wanted = wanted;
        var found = Repository.List();
        foreach (var (name, problem) in found)
        {
            if (problem is not null)
                Log.NotAModel(_log, problem);
            var versions = problem is null ? [] : new CatalogVersion[] { new(1, VersionState.Unavailable, problem, null) };
            Publish(c => c.With(new CatalogModel(name, versions)));
        }

        var good = found.Where(m => m.Problem is null && wanted(m.Name)).Select(m => m.Name);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount), CancellationToken = cancellation };
        await Parallel.ForEachAsync(good, parallel, async (name, token) =>
        {
            try
            {
                await LoadAsync(name, null, token);
            }
            catch (ServingException)
            {
                // Logged, and in the index with its reason.
            }
        });
        _tried.TrySetResult();
    }

    /// <summary>Loads or reloads a model by its policy. Returns when the new versions answer; old ones finish their requests behind it.</summary>
    /// <exception cref="ServingException">What was served before still is.</exception>
    public async Task LoadAsync(string name, LoadOverride? with, CancellationToken cancellation)
    {
        using (await EnterAsync(name, cancellation))
        {
            if (IsClosed)
                CheckDoor(name, with);
            if (!Repository.Contains(name) && with?.StagedFolder is null)
            {
                throw new ServingException(ServingError.LoadFailed, $"failed to load '{name}', failed to poll from model repository: no such model in {Repository.Root}",
                    IsClosed ? "The release that is installed does not have it." : "Put it there as <name>/<version>/model.onnx; `edgeserve model list` shows what is.");
            }

            // Off the caller: opening a graph takes a while and blocks.
            await Task.Run(() => LoadChosen(name, with), cancellation);
        }
    }

    /// <summary>Stops serving a model. Requests under way finish.</summary>
    /// <exception cref="ServingException"><see cref="ServingError.UnknownModel"/>.</exception>
    public async Task UnloadAsync(string name, CancellationToken cancellation)
    {
        using (await EnterAsync(name, cancellation))
        {
            var model = _current.Find(name)
                ?? throw new ServingException(ServingError.UnknownModel, $"failed to unload '{name}', unknown model", "`edgeserve model list` shows the models there are.");
            Replace(name, [.. model.Versions.Select(v => new CatalogVersion(v.Version, VersionState.Unavailable, Unloaded, null))]);
            Log.Unloaded(_log, name);
        }
    }

    /// <summary>Takes out of memory what nobody used for so long: the device is short of it. It loads again on request.</summary>
    internal void EvictIdle(TimeSpan idle)
    {
        foreach (var model in ServedNow().Where(m => !_options.Pinned.Contains(m.Key.Name) && !m.IsLeased && _time.GetElapsedTime(m.LastUsed) >= idle))
        {
            Log.Evicted(_log, model.Key.Name, model.Key.Version, model.MemoryBytes);
            Evict(model);
        }
    }

    /// <summary>Completes when every version that was swapped out has finished its requests and closed.</summary>
    public Task DrainAsync() => Task.WhenAll(_draining.Keys.Select(m => m.Closed));

    public async ValueTask DisposeAsync()
    {
        foreach (var model in _current.Models)
            Replace(model.Name, [.. model.Versions.Select(v => v with { State = VersionState.Unavailable, Reason = "the server is stopping", Served = null, Evicted = false })]);
        ReleaseInstalled();
        await DrainAsync();
        await _giveBack.DisposeAsync();
    }

    private async Task<ServedModel> LeaseSlowAsync(string name, long version, CancellationToken cancellation)
    {
        while (true)
        {
            var found = Find(name, version);
            if (found.Served is { } served && served.TryLease(_time.GetTimestamp()))
                return served;
            if (found.Evicted)
                await RestoreAsync(name, found.Version, cancellation);
        }
    }

    private async Task RestoreAsync(string name, long version, CancellationToken cancellation)
    {
        using (await EnterAsync(name, cancellation))
        {
            var model = _current.Find(name);
            if (model?.Find(version) is not { Evicted: true } evicted)
                return;
            var files = Repository.Versions(name).FirstOrDefault(f => f.Key.Version == version)
                ?? throw new ServingException(ServingError.ModelNotReady, $"Request for unknown model: '{name}' version {version} is not found", "Its files left the repository while it was out of memory.");
            var served = await Task.Run(() => LoadOne(files, null), cancellation);
            Replace(name, [.. model.Versions.Select(v => ReferenceEquals(v, evicted) ? new CatalogVersion(version, VersionState.Ready, "", served) : v)]);
        }
    }

    /// <summary>What is installed may be loaded again; files and folders of others may not come in.</summary>
    private void CheckDoor(string name, LoadOverride? with)
    {
        if (with?.StagedFolder is not null || !Repository.IsInstalled)
        {
            throw new ServingException(ServingError.ChannelOnly, $"failed to load '{name}', this device takes models from its signed channel only",
                "Publish it in the channel; `edgeserve update status` shows which one the device follows.");
        }
    }

    private void LoadChosen(string name, LoadOverride? with)
    {
        var present = with?.StagedFolder is { } staged ? ModelRepository.VersionsIn(name, staged) : Repository.Versions(name);
        var policy = with?.Policy ?? PolicyOf(name);
        long[] chosen = policy.Choose(present.Select(p => p.Key.Version), out long[] missing);
        var loaded = new List<ServedModel>();
        long failing = chosen.LastOrDefault(1);
        try
        {
            if (chosen.Length == 0 || missing.Length > 0)
                throw new ServingException(ServingError.LoadFailed, NothingToLoad(name, policy, missing), "Versions are folders with a positive number as name and a model.onnx inside.");
            foreach (long version in chosen)
            {
                failing = version;
                loaded.Add(LoadOne(present.First(p => p.Key.Version == version), with?.Definition));
            }
        }
        catch (Exception e)
        {
            loaded.ForEach(m => m.Release());
            Failed(name, failing, e.Message);
            Log.LoadFailed(_log, name, failing, e.Message);
            if (e is ServingException { Error: ServingError.OutOfModelMemory })
                throw;
            throw new ServingException(ServingError.LoadFailed, $"failed to load '{name}' version {failing}: {e.Message}", (e as ServingException)?.Hint, e);
        }

        with?.Commit();
        Replace(name, [.. loaded.Select(m => new CatalogVersion(m.Key.Version, VersionState.Ready, "", m))]);
    }

    private VersionPolicy PolicyOf(string name) => _options.Policies.GetValueOrDefault(name, _options.DefaultPolicy);

    private string NothingToLoad(string name, VersionPolicy policy, long[] missing) => missing.Length > 0
        ? $"version policy {policy} asks for version {string.Join(", ", missing)}, which is not in {Path.Combine(Repository.Root, name)}"
        : $"no version in {Path.Combine(Repository.Root, name)}";

    private ServedModel LoadOne(ModelFiles files, ModelDefinition? definition)
    {
        var errors = new List<string>();
        long bytes = ModelLoader.EstimateBytes(files, definition ?? ModelLoader.ReadDefinition(files, errors));
        MakeRoom(files.Key, bytes);
        try
        {
            var statistics = StatisticsOf(files.Key);
            return Opened(_loader.Load(files, statistics, definition), files);
        }
        finally
        {
            Interlocked.Add(ref _loading, -bytes);
        }
    }

    /// <summary>Statistics outlive their version, so that counters go on over reloads and roll-backs; those of versions long gone are forgotten.</summary>
    private ModelStatistics StatisticsOf(ModelVersionKey key)
    {
        var statistics = _statistics.GetOrAdd(key, k => new ModelStatistics(k, _time));
        foreach (var old in _statistics.Keys.Where(k => k.Name == key.Name && k != key && _current.Find(k.Name)?.Find(k.Version) is null).OrderByDescending(k => k.Version).Skip(GoneVersionsKept))
            _statistics.TryRemove(old, out _);
        return statistics;
    }

    private ServedModel Opened(ServedModel model, ModelFiles files)
    {
        Loaded?.Invoke(model, files);
        return model;
    }

    /// <summary>Counts it as being loaded: others that load at the same moment do not get the same room.</summary>
    private void MakeRoom(ModelVersionKey key, long bytes)
    {
        lock (_room)
        {
            foreach (var victim in _budget.Victims(key, bytes, ServedNow(), Interlocked.Read(ref _loading)))
            {
                Log.Evicted(_log, victim.Key.Name, victim.Key.Version, victim.MemoryBytes);
                Evict(victim);
            }

            Interlocked.Add(ref _loading, bytes);
        }
    }

    /// <summary>Takes one version out of memory, whatever else changes its model at the same moment.</summary>
    private void Evict(ServedModel victim)
    {
        bool there = false;
        Publish(c =>
        {
            var model = c.Find(victim.Key.Name);
            there = model is not null && model.Versions.Any(v => v.Served == victim);
            return there ? c.With(new CatalogModel(model!.Name, [.. model.Versions.Select(v => v.Served == victim ? Out(v) : v)])) : c;
        });
        if (there)
            Retire(victim);
    }

    private static CatalogVersion Out(CatalogVersion version) =>
        version with { Served = null, Evicted = true, Reason = "evicted to stay within the model memory budget; loads again on request" };

    private List<ServedModel> ServedNow() => [.. ServedBy(_current)];

    /// <summary>A failed reload keeps what serves and notes the reason beside it; a failed first load is unavailable with its reason.</summary>
    private void Failed(string name, long version, string reason)
    {
        var model = _current.Find(name) ?? new CatalogModel(name, []);
        if (model.Default is { } serving)
            Publish(c => c.With(new CatalogModel(name, [.. model.Versions.Select(v => v == serving ? v with { Reason = "reload failed: " + reason } : v)])));
        else
            Publish(c => c.With(new CatalogModel(name, [new CatalogVersion(version, VersionState.Unavailable, reason, null)])));
    }

    /// <summary>Publishes a model's new versions and lets go of those that are no longer among them.</summary>
    private void Replace(string name, CatalogVersion[] versions)
    {
        var before = _current.Find(name);
        Publish(c => c.With(new CatalogModel(name, versions)));
        foreach (var old in before?.Versions ?? [])
        {
            if (old.Served is { } served && !versions.Any(v => v.Served == served))
                Retire(served);
        }
    }

    private void Retire(ServedModel model)
    {
        _draining.TryAdd(model, 0);
        model.Closed.ContinueWith(_ =>
        {
            _draining.TryRemove(model, out byte _);
            // Who swaps model after model under load is never calm, and what they leave grows old beside the collector's quick rounds.
            if (Interlocked.Increment(ref _retired) % RetiredBetweenCollections == 0)
                ProcessMemory.Collect();
            ProcessMemory.TrimNative();
            _giveBack.Change(Calm, Timeout.InfiniteTimeSpan);
        }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        model.Release();
    }

    /// <summary>A whole collection stops every request for tens of milliseconds: it waits until there are none.</summary>
    private void GiveBackWhenCalm()
    {
        if (ServedNow().Exists(m => _time.GetElapsedTime(m.LastUsed) < Calm))
            _giveBack.Change(Calm, Timeout.InfiniteTimeSpan);
        else
            ProcessMemory.GiveBack();
    }

    private void Publish(Func<CatalogSnapshot, CatalogSnapshot> change)
    {
        lock (_publish)
            _current = change(_current);
    }

    private async Task<IDisposable> EnterAsync(string name, CancellationToken cancellation)
    {
        var gate = _gates.GetOrAdd(name, _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync(cancellation);
        return new Exit(gate);
    }

    private static ServingException Unknown(CatalogModel? model, string name) => model is null
        ? new ServingException(ServingError.UnknownModel, $"Request for unknown model: '{name}' is not found", "GET /v2/models lists the models there are.")
        : new ServingException(ServingError.ModelNotReady, $"Request for unknown model: '{name}' is not found", $"It is in the repository but not loaded: POST /v2/repository/models/{name}/load.");

    private static ServingException Starting(string name) =>
        new(ServingError.ModelNotReady, $"Request for unknown model: '{name}' is not at ready state", "The server has just started and is still loading its models: ask again in a moment.");

    private static ServingException NotReady(string name, CatalogVersion version) =>
        new(ServingError.ModelNotReady, $"Request for unknown model: '{name}' version {version.Version} is not at ready state",
            $"It is not loaded ({version.Reason}): POST /v2/repository/models/{name}/load.");

    private sealed class Exit(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }

    private static partial class Log
    {
        [LoggerMessage(1010, LogLevel.Warning, "Not served: {Problem}")]
        public static partial void NotAModel(ILogger logger, string problem);

        [LoggerMessage(1011, LogLevel.Error, "Failed to load {Model} version {Version}: {Reason}")]
        public static partial void LoadFailed(ILogger logger, string model, long version, string reason);

        [LoggerMessage(1012, LogLevel.Information, "Unloaded {Model}")]
        public static partial void Unloaded(ILogger logger, string model);

        [LoggerMessage(1013, LogLevel.Information, "Evicted {Model} version {Version} ({Bytes} bytes) to stay within the model memory budget")]
        public static partial void Evicted(ILogger logger, string model, long version, long bytes);
    }
}
