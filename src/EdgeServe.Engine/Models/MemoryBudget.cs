using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Models;

/// <summary>Keeps the loaded models' estimated memory under one bound by choosing who leaves: least recently used first, pinned models never.</summary>
internal sealed class MemoryBudget(long bytes, IReadOnlySet<string> pinned)
{
    public long Bytes => bytes;

    /// <summary>
    /// Who leaves for a version that is tried beside the running one of its name. For the time of the trial both may be
    /// in memory even beyond the budget, when the machine has that much.
    /// </summary>
    /// <exception cref="ServingException"><see cref="ServingError.OutOfModelMemory"/>: it could never be served within the budget, or not be tried now.</exception>
    public IReadOnlyList<ServedModel> Beside(ModelVersionKey key, long needed, IReadOnlyCollection<ServedModel> loaded)
    {
        var running = loaded.Where(m => m.Key.Name == key.Name).ToArray();
        var victims = Victims(key, needed, [.. loaded.Except(running)]);
        long over = needed + loaded.Sum(m => m.MemoryBytes) - victims.Sum(m => m.MemoryBytes) - bytes;
        if (over <= 0)
            return victims;
        var more = loaded.Except(running).Except(victims).Where(m => !pinned.Contains(m.Key.Name)).OrderBy(m => m.LastUsed).ToList();
        var all = victims.ToList();
        foreach (var victim in more.TakeWhile(_ => over > 0))
        {
            all.Add(victim);
            over -= victim.MemoryBytes;
        }

        return over <= 0 || ProcessMemory.AvailableBytes >= needed ? all : throw new ServingException(ServingError.OutOfModelMemory,
            $"'{key.Name}' version {key.Version} needs about {needed} bytes beside the version that serves, the machine has {ProcessMemory.AvailableBytes} left",
            "Unload another model, or give the device more memory.");
    }

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
