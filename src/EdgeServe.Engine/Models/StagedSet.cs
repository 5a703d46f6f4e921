namespace EdgeServe.Engine.Models;

/// <summary>A whole set beside the running one: what was tried, and of it what stays loaded for the swap.</summary>
internal sealed class StagedSet(ModelRepository repository) : IDisposable
{
    private readonly Dictionary<ModelVersionKey, ServedModel> _kept = [];
    private readonly List<ModelVersionKey> _versions = [];

    public ModelRepository Repository => repository;

    /// <summary>Every version the set will serve.</summary>
    public IReadOnlyList<ModelVersionKey> Versions => _versions;

    public IEnumerable<ServedModel> Kept => _kept.Values;

    public long KeptBytes => _kept.Values.Sum(m => m.MemoryBytes);

    public void Add(ModelVersionKey key) => _versions.Add(key);

    public void Keep(ServedModel model) => _kept.Add(model.Key, model);

    /// <summary>Hands a loaded version over; null when it was not kept.</summary>
    public ServedModel? Take(ModelVersionKey key) => _kept.Remove(key, out var model) ? model : null;

    /// <summary>Lets the oldest kept version go, to make room for the trial of another.</summary>
    /// <returns>Its bytes; 0: none is kept.</returns>
    public long DropOne()
    {
        if (_kept.Count == 0)
            return 0;
        var model = Take(_kept.Keys.First())!;
        model.Release();
        return model.MemoryBytes;
    }

    /// <summary>Closes what was not handed over.</summary>
    public void Dispose()
    {
        while (DropOne() > 0)
        {
        }
    }
}
