namespace EdgeServe.Security.Keys;

/// <summary>What the box keeps of a key: never the key itself.</summary>
/// <param name="Id">Random; owns the jobs that the key sends.</param>
/// <param name="Name">For people.</param>
/// <param name="Hash">SHA-256 of the secret, hexadecimal.</param>
/// <param name="Scope">What it may do.</param>
/// <param name="Models">The only models it may name; null: all.</param>
/// <param name="RequestsPerSecond">Its own rate; null: the setting's.</param>
/// <param name="MadeMs">Running time when it was made.</param>
/// <param name="MadeUnixMs">The wall clock then, for people.</param>
/// <param name="Clock">How far that clock could be believed.</param>
/// <param name="ExpiresMs">Running time at which it ends; 0: never.</param>
/// <param name="Revoked">It is kept a while, so that its holder is told why it does not work.</param>
internal sealed record StoredKey(
    string Id, string Name, string Hash, Scope Scope, string[]? Models, int? RequestsPerSecond, long MadeMs, long MadeUnixMs, string Clock, long ExpiresMs, bool Revoked);
