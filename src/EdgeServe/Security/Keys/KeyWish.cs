using EdgeServe.Engine.Models;

namespace EdgeServe.Security.Keys;

/// <summary>A key somebody asks for.</summary>
/// <param name="Models">The only models it may name; empty: all.</param>
/// <param name="Lifetime">Of running time; null: until it is revoked.</param>
/// <param name="RequestsPerSecond">Null: the setting's.</param>
internal sealed record KeyWish(string Name, Scope Scope, string[] Models, TimeSpan? Lifetime, int? RequestsPerSecond)
{
    public const int LongestName = 60;
    public const int MostModels = 32;
    public const int MostRequestsPerSecond = 1_000_000;
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(36_500);

    /// <exception cref="KeyException">It cannot be.</exception>
    public void Check()
    {
        CheckName(Name);
        if (Scope is not (Scope.Infer or Scope.Operate or Scope.Admin))
            throw Invalid("a key's scope is infer, operate or admin");
        if (Models.Length > MostModels)
            throw Invalid($"a key names at most {MostModels} models");
        if (Array.Find(Models, m => !ModelName.IsValid(m)) is { } wrong)
            throw Invalid($"'{(wrong.Length > 40 ? wrong[..40] + "…" : wrong)}' is not a model name");
        if (Scope == Scope.Admin && Models.Length > 0)
            throw Invalid("a key of scope admin cannot be held to models: it could make one that is not");
        if (Lifetime is { } life && (life <= TimeSpan.Zero || life > LongestLife))
            throw Invalid("a key's life is more than nothing and at most a hundred years");
        if (RequestsPerSecond is < 1 or > MostRequestsPerSecond)
            throw Invalid($"a key's rate is 1 to {MostRequestsPerSecond} requests a second");
    }

    /// <exception cref="KeyException">It is no name.</exception>
    public static void CheckName(string name)
    {
        // It stands in paths.
        if (name.Length is 0 or > LongestName || name != name.Trim() || name.Any(char.IsControl) || name.Contains('/', StringComparison.Ordinal) || name is "." or "..")
            throw Invalid($"a key's name has 1 to {LongestName} characters, none of them a slash or a control character, and no space around it");
    }

    private static KeyException Invalid(string message) => new(KeyError.InvalidKey, message, "Say it otherwise; `edgeserve tablet add --help` lists what there is.");
}
