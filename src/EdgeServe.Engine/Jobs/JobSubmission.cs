namespace EdgeServe.Engine.Jobs;

/// <summary>What a client asks to be done.</summary>
/// <param name="Owner">Whose job it is.</param>
/// <param name="Key">The client's Idempotency-Key; null: none.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Version">Version asked for; 0: whichever serves.</param>
/// <param name="AcceptedVersion">The version that serves now.</param>
/// <param name="Priority">1 is the highest.</param>
/// <param name="NotAfter">Of no use after this much running time; null: whenever.</param>
public sealed record JobSubmission(string Owner, string? Key, string Model, long Version, long AcceptedVersion, int Priority, TimeSpan? NotAfter)
{
    public const int DefaultPriority = 5;
    public const int LowestPriority = 9;
    public const int MostKeyCharacters = 255;
}
