using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Models;

/// <summary>
/// Keeps the loaded models' estimated memory under one bound, and under what the machine and its control groups have left,
/// by choosing who leaves: least recently used first, pinned models never. What would not fit is refused before it is tried.
/// </summary>
internal sealed class MemoryBudget(long bytes, IReadOnlySet<string> pinned, MachineMemory? memory = null)
{
    /// <summary>For all that is not a model's: requests under way, the system's own.</summary>
    private const long LeftForOthers = 24L << 20;

    public long Bytes => bytes;

    /// <summary>
    /// Who leaves for a version that is tried beside the running one of its name. For the time of the trial both may be
    /// in memory even beyond the budget, when the machine has that much.
    /// </summary>
    /// <exception cref="ServingException"><see cref="ServingError.OutOfModelMemory"/>: it could never be served within the budget, or not be tried now.</exception>
    public IReadOnlyList<ServedModel> Beside(ModelVersionKey key, long needed, IReadOnlyCollection<ServedModel> loaded)
    {
        var running = loaded.Where(m => m.Key.Name == key.Name).ToArray();
        var victims = Within(key, needed, [.. loaded.Except(running)]);
        long over = needed + loaded.Sum(m => m.MemoryBytes) - victims.Sum(m => m.MemoryBytes) - bytes;
        while (over > 0 && NextToLeave(key, loaded, victims) is { } victim)
        {
            victims.Add(victim);
            over -= victim.MemoryBytes;
        }

        MakeFit(key, needed, loaded, victims);
        return victims;
    }

    /// <param name="key">What is to be loaded.</param>
    /// <param name="needed">Its estimate.</param>
    /// <param name="loaded">What is loaded.</param>
    /// <param name="loading">Bytes of what is being loaded at this moment and is not among them yet.</param>
    /// <returns>The versions to evict so that <paramref name="needed"/> more bytes fit; empty when they fit already.</returns>
    /// <exception cref="ServingException"><see cref="ServingError.OutOfModelMemory"/>: evicting everything evictable is not enough.</exception>
    public IReadOnlyList<ServedModel> Victims(ModelVersionKey key, long needed, IReadOnlyCollection<ServedModel> loaded, long loading = 0)
    {
        var victims = Within(key, needed, loaded, loading);
        MakeFit(key, needed + loading, loaded, victims);
        return victims;
    }

    private List<ServedModel> Within(ModelVersionKey key, long needed, IReadOnlyCollection<ServedModel> loaded, long loading = 0)
    {
        long free = bytes - loading - loaded.Sum(m => m.MemoryBytes);
        var victims = new List<ServedModel>();
        while (free < needed && NextToLeave(key, loaded, victims) is { } victim)
        {
            victims.Add(victim);
            free += victim.MemoryBytes;
        }

        return free >= needed ? victims : throw new ServingException(ServingError.OutOfModelMemory,
            $"'{key.Name}' version {key.Version} needs about {needed} bytes, the model memory budget is {bytes} and pinned models hold {loaded.Where(m => pinned.Contains(m.Key.Name)).Sum(m => m.MemoryBytes)}",
            "Unload a model, unpin one, or raise Repository:MemoryBudgetBytes.");
    }

    /// <summary>The budget is a number; what is left is what counts.</summary>
    private void MakeFit(ModelVersionKey key, long needed, IReadOnlyCollection<ServedModel> loaded, List<ServedModel> victims)
    {
        if (memory is null)
            return;
        var (available, _, of) = memory.Look();
        long room = available - LeftForOthers;
        while (room < needed - victims.Sum(m => m.MemoryBytes) && NextToLeave(key, loaded, victims) is { } victim)
            victims.Add(victim);
        if (room < needed - victims.Sum(m => m.MemoryBytes))
        {
            throw new ServingException(ServingError.OutOfModelMemory,
                $"'{key.Name}' version {key.Version} needs about {needed} bytes, {of} has {available} left and keeps {LeftForOthers} for requests; it was not tried",
                "Unload a model, stop what else runs here, or give the device more memory. When the estimate is wrong, set memory_estimate_bytes in its model.json.");
        }
    }

    private ServedModel? NextToLeave(ModelVersionKey key, IReadOnlyCollection<ServedModel> loaded, List<ServedModel> victims) =>
        loaded.Where(m => m.Key.Name != key.Name && !pinned.Contains(m.Key.Name)).Except(victims).MinBy(m => m.LastUsed);
}
