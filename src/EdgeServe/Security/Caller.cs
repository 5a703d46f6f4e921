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

    /// <summary>Counts a request.</summary>
    /// <returns>False when it is one too many now.</returns>
    public bool TryCount(long timestamp, out TimeSpan wait) => _limit.TryTake(ref _cell, timestamp, out wait);

    /// <summary>Cuts off what is open under the key.</summary>
    public void End() => _ended.Cancel();
}
