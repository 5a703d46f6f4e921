using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace EdgeServe.Engine.Bundles.Registry;

/// <summary>What a registry asks for with 401 (distribution "token authentication specification").</summary>
/// <param name="Realm">Where tokens are given; null: Basic.</param>
/// <param name="Service">What the token is for.</param>
internal sealed partial record AuthChallenge(string? Realm, string? Service)
{
    /// <returns>Null when there is none this client understands.</returns>
    public static AuthChallenge? Of(HttpResponseHeaders headers)
    {
        var offered = headers.WwwAuthenticate.ToArray();
        if (Array.Find(offered, o => o.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) is { } bearer)
        {
            var values = Pair().Matches(bearer.Parameter ?? "").ToLookup(m => m.Groups[1].Value.ToLowerInvariant(), m => m.Groups[2].Value);
            return values["realm"].FirstOrDefault() is { } realm ? new AuthChallenge(realm, values["service"].FirstOrDefault()) : null;
        }

        return Array.Exists(offered, o => o.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)) ? new AuthChallenge(null, null) : null;
    }

    [GeneratedRegex("([A-Za-z]+)=\"([^\"]*)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Pair();
}
