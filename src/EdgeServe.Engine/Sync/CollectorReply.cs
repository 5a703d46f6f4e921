namespace EdgeServe.Engine.Sync;

/// <summary>What came back, as far as it matters.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="MediaType">Without parameters; null: none.</param>
/// <param name="Body">Null: it broke off, or was longer than any answer of the protocol.</param>
/// <param name="Secure">Over TLS whose certificate was verified.</param>
internal sealed record CollectorReply(int Status, string? MediaType, byte[]? Body, bool Secure)
{
    /// <summary>The body went on beyond <see cref="CollectorClient.MostAnswerBytes"/>.</summary>
    public bool TooLong { get; init; }

    /// <summary>Where a redirect points.</summary>
    public string? Location { get; init; }

    /// <summary>Already within reason.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
