using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine;

/// <summary>Everything the engine needs to know, already validated.</summary>
public sealed record EngineOptions
{
    public required string ModelDirectory { get; init; }

    /// <summary>Where optimised graphs are kept; null: nowhere.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>Where is kept how models run best on this device; null: nowhere.</summary>
    public string? TuningDirectory { get; init; }

    /// <summary>The board's own inference library; empty: the packaged one.</summary>
    public string EngineLibrary { get; init; } = "";

    /// <summary>Execution providers of models that name none, in order of preference.</summary>
    public string[] Providers { get; init; } = [];

    public long MaxBytesInFlight { get; init; } = TensorMemoryPool.DefaultMaxBytesInFlight;

    /// <summary>Where the system's files are: /, or a tree that stands in for a board's.</summary>
    public string SystemRoot { get; init; } = "/";

    public SchedulerOptions Scheduler { get; init; } = new();

    public CatalogOptions Catalog { get; init; } = new();
}
