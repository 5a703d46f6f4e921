using EdgeServe.Http.Keys;

namespace EdgeServe.Http.Pairing;

/// <summary>What may be asked of <c>POST /edge/v1/pairings</c>.</summary>
/// <param name="Name">Of the key; absent: what the tablet calls itself.</param>
/// <param name="Scope">infer, operate or admin; absent: infer.</param>
/// <param name="Models">The only models it may use; absent or empty: all.</param>
/// <param name="Address">The host name or address in the links; absent: the box's name under .local.</param>
internal sealed record NewPairingBody(string? Name, string? Scope, string[]? Models, string? Address);

/// <param name="State">open, paired, expired, locked or cancelled.</param>
/// <param name="TriesLeft">Wrong codes that it still takes.</param>
/// <param name="ExpiresInMs">Of running time; absent: it is over.</param>
/// <param name="Key">What the tablet got; absent unless paired.</param>
internal sealed record PairingBody(string Id, string State, string? Name, string Scope, string[]? Models, int TriesLeft, long? ExpiresInMs, KeyBody? Key);

/// <param name="Code">The code. It is shown this once: the box keeps its hash.</param>
/// <param name="Url">The page where the tablet pairs, with the code behind the #.</param>
/// <param name="Qr">The same as an SVG picture.</param>
/// <param name="TrustUrl">The page that says how to trust the box; absent: there is none.</param>
/// <param name="Elsewhere">Other addresses of the same page, without the code.</param>
/// <param name="Fingerprint">Of the box's authority; absent: the operator's certificate serves.</param>
/// <param name="Kept">What the box keeps.</param>
internal sealed record OpenedPairingBody(string Code, string Url, string Qr, string? TrustUrl, string[] Elsewhere, string? Fingerprint, PairingBody Kept);

/// <param name="State">open, paired, locked or cancelled.</param>
internal sealed record SetupCodeBody(string State, string Scope, int TriesLeft);

/// <param name="Pairings">The newest first; a restart forgets them.</param>
/// <param name="SetupCode">Of the last setup card; absent: there never was one.</param>
internal sealed record PairingListBody(PairingBody[] Pairings, SetupCodeBody? SetupCode);

/// <summary>What may be asked of <c>POST /edge/v1/setup-card</c>.</summary>
/// <param name="Scope">Of the key; absent: admin.</param>
/// <param name="Address">The host name or address in the links; absent: the box's name under .local.</param>
internal sealed record NewSetupCardBody(string? Scope, string? Address);

/// <summary>What a tablet sends.</summary>
/// <param name="Code">Case, spaces and dashes do not matter.</param>
/// <param name="Name">What it calls itself.</param>
internal sealed record PairBody(string? Code, string? Name);

/// <param name="Key">The key. It is shown this once.</param>
internal sealed record PairedBody(string Key, string Name, string Scope, string[]? Models);
