using EdgeServe.Http.Jobs;

namespace EdgeServe.Http.Keys;

/// <summary>What may be asked of <c>POST /edge/v1/keys</c>.</summary>
/// <param name="Name">For people.</param>
/// <param name="Scope">infer, operate or admin; absent: infer.</param>
/// <param name="Models">The only models it may use; absent or empty: all.</param>
/// <param name="ExpiresInHours">Of the box's running time; absent: never.</param>
/// <param name="RequestsPerSecond">Absent: the setting's.</param>
internal sealed record NewKeyBody(string? Name, string? Scope, string[]? Models, double? ExpiresInHours, int? RequestsPerSecond);

internal sealed record RenameBody(string? Name);

/// <param name="State">active, expired or revoked.</param>
/// <param name="ExpiresInMs">Of running time; absent: never, or it is over.</param>
internal sealed record KeyBody(string Id, string Name, string Scope, string[]? Models, int? RequestsPerSecond, string State, MomentBody Made, long? ExpiresInMs);

/// <param name="Key">The key itself. It is shown this once: the box keeps its hash.</param>
/// <param name="Kept">What the box keeps.</param>
internal sealed record AddedKeyBody(string Key, KeyBody Kept);

/// <param name="Keys">The oldest first; revoked ones stay a while.</param>
/// <param name="Trouble">Why none works; absent when they do.</param>
internal sealed record KeyListBody(KeyBody[] Keys, string? Trouble);
