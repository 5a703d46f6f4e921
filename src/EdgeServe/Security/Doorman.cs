using EdgeServe.Hosting;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Limits;
using Microsoft.Extensions.Options;

namespace EdgeServe.Security;

/// <summary>
/// Judges who asks. Whatever comes from the network needs a key; on the box itself a key is only looked at when one of
/// ours is sent, unless <c>Security:RequireKeyOnLoopback</c>. Right keys are counted by key; who has none, or a wrong one,
/// by address, and only after the key was looked up: no flood of wrong keys takes anything from a right one, even from the
/// same address.
/// </summary>
internal sealed class Doorman(KeyStore keys, IOptions<EdgeServeOptions> options, TimeProvider time)
{
    private const string Scheme = "Bearer ";
    private readonly bool _loopbackNeedsKey = options.Value.Security.RequireKeyOnLoopback;
    private readonly AddressLimits _addresses = new(new RateLimit(options.Value.Security.AddressRequestsPerSecond, time.TimestampFrequency));

    /// <summary>Allocates nothing when the answer is yes.</summary>
    public AccessError Judge(HttpContext context, Scope needed, out Caller caller, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        caller = Caller.Local;
        var listener = Listener.Of(context);
        if (listener == Listener.Control)
            return AccessError.None;
        bool needsKey = listener != Listener.Loopback || _loopbackNeedsKey;
        var error = Identify(context, out var key);
        if (error == AccessError.None)
        {
            caller = key!;
            if (!caller.TryCount(time.GetTimestamp(), out wait))
                return AccessError.TooManyRequests;
            return caller.Scope >= needed ? AccessError.None : AccessError.ScopeMissing;
        }

        // On the box itself, whatever programs send that is no key of ours means nothing, as ever.
        if (!needsKey && error is (AccessError.KeyMissing or AccessError.KeyMalformed))
            return AccessError.None;
        caller = Caller.Nobody;
        if (needsKey && !_addresses.TryCount(context.Connection.RemoteIpAddress, time.GetTimestamp(), out wait))
            return AccessError.TooManyRequests;
        return needed == Scope.Anyone ? AccessError.None : error;
    }

    private AccessError Identify(HttpContext context, out Caller? caller)
    {
        var header = context.Request.Headers.Authorization;
        caller = null;
        if (header.Count == 0)
            return AccessError.KeyMissing;
        if (header.Count > 1 || header[0] is not { } text)
            return AccessError.KeyMalformed;
        // Streams of HTTP/2 each have a string of their own.
        var recent = HttpProtocol.IsHttp11(context.Request.Protocol) ? context.Features.Get<RecentKey>() : null;
        object table = keys.Table;
        caller = recent?.Find(text, table);
        if (caller is null)
        {
            if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || !KeyText.TryHash(text.AsSpan(Scheme.Length).Trim(' '), out var hash))
                return AccessError.KeyMalformed;
            caller = keys.Find(hash);
            if (caller is null)
                return keys.Trouble is null ? AccessError.KeyUnknown : AccessError.KeysDamaged;
            recent?.Remember(text, table, caller);
        }

        var key = caller.Key!;
        return key.Revoked ? AccessError.KeyRevoked : keys.IsExpired(key) ? AccessError.KeyExpired : AccessError.None;
    }
}
