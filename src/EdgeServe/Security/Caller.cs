using EdgeServe.Engine.Inference;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Limits;

namespace EdgeServe.Security;

/// <summary>
/// Who asks: a key, or somebody on the box itself. One object for the life of a key, so that a request costs none; what
/// can change of it (name, end) is read through it.
/// </summary>
internal sealed class Caller
{
    private readonly CancellationTokenSource _ended = new();
    private readonly HashSet<string>? _models;
    private readonly RateLimit _limit;
    private long _cell;
    private volatile StoredKey? _key;
    private TensorMemoryPool? _memory;

    public Caller(StoredKey key, RateLimit limit)
    {
        _key = key;
        _limit = limit;
        _models = key.Models is { Length: > 0 } models ? [.. models] : null;
        Owner = key.Id;
        Scope = key.Scope;
        Ended = _ended.Token;
    }

    private Caller(string owner, Scope scope)
    {
        Owner = owner;
        Scope = scope;
    }

    /// <summary>Who runs programs on the box: loopback and the control socket.</summary>
    public static Caller Local { get; } = new("local", Scope.Admin);

    /// <summary>Who has no key and needs none for what he asks.</summary>
    public static Caller Nobody { get; } = new("nobody", Scope.Anyone);

    /// <summary>Whose jobs are whose.</summary>
    public string Owner { get; }

    public Scope Scope { get; }

    /// <summary>Cancelled when the key is revoked or ends. Never, for the box itself.</summary>
    public CancellationToken Ended { get; }

    /// <summary>What is kept of the key; null: no key.</summary>
    public StoredKey? Key
    {
        get => _key;
        set => _key = value;
    }

    /// <summary>Why it is let in no longer.</summary>
    public AccessError EndedBy => _key is { Revoked: true } ? AccessError.KeyRevoked : AccessError.KeyExpired;

    /// <summary>May it see and use every model?</summary>
    public bool MayUseAll => _models is null;

    public string Name => _key?.Name ?? Owner;

    /// <exception cref="InvalidOperationException">The request did not come through <see cref="Access"/>.</exception>
    public static Caller Of(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("nobody judged this request");

    public bool MayUse(string model) => _models is null || _models.Contains(model);

    /// <summary>Where its requests may live: programs on the box may fill all of the memory, one key half of it.</summary>
    /// <param name="whole">All there is.</param>
    /// <param name="largest">The largest request, which a key may send whatever half is.</param>
    public TensorMemoryPool MemoryOf(TensorMemoryPool whole, long largest)
    {
        if (_key is null)
            return whole;
        if (Volatile.Read(ref _memory) is { } memory)
            return memory;
        Interlocked.CompareExchange(ref _memory, whole.Share(Math.Max(whole.MaxBytesInFlight / 2, largest)), null);
        return _memory!;
    }

    /// <summary>Counts a request.</summary>
    /// <returns>False when it is one too many now.</returns>
    public bool TryCount(long timestamp, out TimeSpan wait) => _limit.TryTake(ref _cell, timestamp, out wait);

    /// <summary>Cuts off what is open under the key.</summary>
    public void End() => _ended.Cancel();
}
