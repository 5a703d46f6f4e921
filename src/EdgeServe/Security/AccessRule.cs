using EdgeServe.Security.Keys;

namespace EdgeServe.Security;

/// <summary>Who may call a route.</summary>
/// <param name="Scope">The least a key must be of.</param>
/// <param name="EndsItself">It may last, and ends in words of its own when its key does; others are broken off.</param>
internal sealed record AccessRule(Scope Scope, bool EndsItself = false);
