using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Models;

/// <summary>Keeps the loaded models' estimated memory under one bound by choosing who leaves: least recently used first, pinned models never.</summary>
internal sealed class MemoryBudget(long bytes, IReadOnlySet<string> pinned)
{
    /// <returns>The versions to evict so that <paramref name="needed"/> more bytes fit; empty when they fit already.</returns>
    /// <exception cref="ServingException"><see cref="ServingError.OutOfModelMemory"/>: evicting everything evictable is not enough.</exception>
    public IReadOnlyList<ServedModel> Victims(ModelVersionKey key, long needed, IReadOnlyCollection<ServedModel> loaded)
    {
        long free = bytes - loaded.Sum(m => m.MemoryBytes);
        var victims = new List<ServedModel>();
        foreach (var candidate in loaded.Where(m => m.Key.Name != key.Name && !pinned.Contains(m.Key.Name)).OrderBy(m => m.LastUsed))
        {
            if (free >= needed)
                break;
            victims.Add(candidate);
            free += candidate.MemoryBytes;
        }

        return free >= needed ? victims : throw new ServingException(ServingError.OutOfModelMemory,
            $"'{key.Name}' version {key.Version} needs about {needed} bytes, the model memory budget is {bytes} and pinned models hold {loaded.Where(m => pinned.Contains(m.Key.Name)).Sum(m => m.MemoryBytes)}",
            "Unload a model, unpin one, or raise Repository:MemoryBudgetBytes.");
    }
}
