using System.Collections.Frozen;

namespace EdgeServe.Engine.Models;

/// <summary>One version as the catalog sees it.</summary>
/// <param name="Version">Positive, rising.</param>
/// <param name="State">As in the repository index.</param>
/// <param name="Reason">Why it is not ready, or why a reload failed; empty otherwise.</param>
/// <param name="Served">The loaded version; null when not loaded, or when evicted.</param>
/// <param name="Evicted">Loaded again on the next request.</param>
public sealed record CatalogVersion(long Version, VersionState State, string Reason, ServedModel? Served, bool Evicted = false);

/// <summary>One model and its versions, rising. No versions: known to the repository, never loaded.</summary>
public sealed record CatalogModel(string Name, CatalogVersion[] Versions)
{
    /// <summary>The version a request without one gets: the highest that is ready.</summary>
    public CatalogVersion? Default { get; } = Array.FindLast(Versions, v => v.State == VersionState.Ready);

    public CatalogVersion? Find(long version) => Array.Find(Versions, v => v.Version == version);
}

/// <summary>All models at one moment. Immutable: activation, unloading and roll-back each replace it by one assignment.</summary>
public sealed class CatalogSnapshot
{
    private readonly FrozenDictionary<string, CatalogModel> _models;

    public CatalogSnapshot(ModelRepository repository, IEnumerable<CatalogModel> models)
    {
        Repository = repository;
        _models = models.ToFrozenDictionary(m => m.Name);
        Models = [.. _models.Values.OrderBy(m => m.Name, StringComparer.Ordinal)];
    }

    /// <summary>Where the models come from: a plain folder, or the installed set.</summary>
    public ModelRepository Repository { get; }

    /// <summary>By name.</summary>
    public IReadOnlyList<CatalogModel> Models { get; }

    public CatalogModel? Find(string name) => _models.GetValueOrDefault(name);

    public CatalogSnapshot With(CatalogModel model) => new(Repository, Models.Where(m => m.Name != model.Name).Append(model));
}
