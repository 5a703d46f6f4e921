namespace EdgeServe.Engine.Models;

/// <summary>How the catalog treats its models.</summary>
public sealed record CatalogOptions
{
    public VersionPolicy DefaultPolicy { get; init; } = VersionPolicy.LatestOne;

    /// <summary>Policies of single models.</summary>
    public IReadOnlyDictionary<string, VersionPolicy> Policies { get; init; } = new Dictionary<string, VersionPolicy>();

    /// <summary>Models that are never evicted.</summary>
    public IReadOnlySet<string> Pinned { get; init; } = new HashSet<string>();

    /// <summary>Bytes all loaded models may need together, by estimate.</summary>
    public long MemoryBudgetBytes { get; init; } = long.MaxValue;

    /// <summary>What there is of memory now; null: it is not asked.</summary>
    public MachineMemory? Memory { get; init; }

    /// <summary>May clients send model files with a load request?</summary>
    public bool AllowUpload { get; init; }
}
