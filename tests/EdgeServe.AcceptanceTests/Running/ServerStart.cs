namespace EdgeServe.AcceptanceTests.Running;

/// <summary>How a server is started.</summary>
/// <param name="Models">Its folder of models; empty: none is named.</param>
internal sealed record ServerStart(string Models)
{
    /// <summary>A data directory that outlives it; null: one of its own.</summary>
    public string? Data { get; init; }

    public IReadOnlyDictionary<string, string?>? Environment { get; init; }

    public string[] Arguments { get; init; } = [];

    /// <summary>The command it runs under. It must become the program itself: its process is the one that is stopped.</summary>
    public string[] Under { get; init; } = [];
}
