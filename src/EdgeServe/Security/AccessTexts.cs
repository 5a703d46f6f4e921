using EdgeServe.Security.Keys;

namespace EdgeServe.Security;

/// <summary>Refusals in words. None repeats what the caller sent.</summary>
internal static class AccessTexts
{
    private const string AskForOne = "Whoever looks after the box makes one: edgeserve tablet add.";

    public static (string Message, string Hint) Of(AccessError error, Caller caller, Scope needed) => error switch
    {
        AccessError.KeyMissing => ("a key is needed", "Send the header Authorization: Bearer esk_…. " + AskForOne),
        AccessError.KeyMalformed => ("the Authorization header holds no key of this box, or one that was copied wrongly", $"Send Authorization: Bearer and the key, {KeyText.Length} characters from {KeyText.Prefix} on."),
        AccessError.KeyUnknown => ("the key is not known here", "Keys belong to one box. " + AskForOne),
        AccessError.KeyExpired => ("the key has expired", AskForOne),
        AccessError.KeyRevoked => ("the key was revoked", AskForOne),
        AccessError.KeysDamaged => ("the keys of this box are damaged: none works", "On the box: edgeserve key-admin reset."),
        AccessError.ScopeMissing => ($"the key '{caller.Name}' is of scope {Name(caller.Scope)}, {Name(needed)} is needed", "Use another key, or have one of that scope made."),
        AccessError.ModelNotAllowed => ($"the key '{caller.Name}' may not use this model", "It names the models it may use: GET /v2/models lists them."),
        _ => ("too many requests in too short a time", "Wait as long as Retry-After says; Security:KeyRequestsPerSecond and the key's own rate say how many there may be."),
    };

    /// <returns>The value of <c>WWW-Authenticate</c>; null: a key would change nothing.</returns>
    public static string? Challenge(AccessError error, Scope needed) => error switch
    {
        AccessError.KeyMissing => "Bearer realm=\"edgeserve\"",
        AccessError.ScopeMissing => $"Bearer realm=\"edgeserve\", error=\"insufficient_scope\", scope=\"{Name(needed)}\"",
        AccessError.ModelNotAllowed or AccessError.TooManyRequests or AccessError.None => null,
        _ => "Bearer realm=\"edgeserve\", error=\"invalid_token\"",
    };

    public static string Name(Scope scope) => scope.ToString().ToLowerInvariant();
}
