using System.Globalization;
using EdgeServe.Engine.Device;
using EdgeServe.Http.Jobs;
using EdgeServe.Security;
using EdgeServe.Security.Keys;

namespace EdgeServe.Http.Keys;

/// <summary>A key as the wire shows it: never its secret, nor the hash.</summary>
internal static class KeyViews
{
    public static KeyListBody Of(KeyStore keys, DeviceClock clock) => new([.. keys.Keys.Select(k => Of(k, clock))], keys.Trouble);

    public static AddedKeyBody Of((StoredKey Key, string Text) added, DeviceClock clock) => new(added.Text, Of(added.Key, clock));

    public static KeyBody Of(StoredKey key, DeviceClock clock)
    {
        long? left = key.ExpiresMs == 0 ? null : key.ExpiresMs - clock.Now;
        string state = key.Revoked ? "revoked" : left <= 0 ? "expired" : "active";
        string at = DateTimeOffset.FromUnixTimeMilliseconds(key.MadeUnixMs).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        string quality = Enum.TryParse<ClockQuality>(key.Clock, out var parsed) ? JobViews.Name(parsed) : "unset";
        return new KeyBody(key.Id, key.Name, AccessTexts.Name(key.Scope), key.Models, key.RequestsPerSecond, state, new MomentBody(at, quality), state == "active" ? left : null);
    }

    /// <summary>A scope by its name; one that no key can have when it is none.</summary>
    public static Scope ScopeOf(string? name, Scope otherwise) => name switch
    {
        null => otherwise,
        "infer" => Scope.Infer,
        "operate" => Scope.Operate,
        "admin" => Scope.Admin,
        _ => Scope.Anyone,
    };

    /// <exception cref="KeyException">It cannot be.</exception>
    public static KeyWish Wish(NewKeyBody body)
    {
        // Not a number, or more than a time span holds: refused by what is checked anyway.
        TimeSpan? life = body.ExpiresInHours is not { } hours ? null : hours is > 0 and < 1e6 ? TimeSpan.FromHours(hours) : TimeSpan.Zero;
        return new KeyWish(body.Name ?? "", ScopeOf(body.Scope, Scope.Infer), body.Models ?? [], life, body.RequestsPerSecond);
    }
}
