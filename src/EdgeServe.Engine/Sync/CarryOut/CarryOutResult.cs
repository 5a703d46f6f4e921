namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>What came of one visit of a stick, as far as it got.</summary>
internal sealed record CarryOutResult
{
    /// <summary>Batches on the stick that still wait here.</summary>
    public long Batches { get; init; }

    /// <summary>Encrypted bytes of them on the stick.</summary>
    public long Bytes { get; init; }

    /// <summary>Of them, written in this visit.</summary>
    public long NewBatches { get; init; }

    /// <summary>Batches that wait and are not on the stick.</summary>
    public long Left { get; init; }

    /// <summary>Batches that head office proved to have: they are deleted.</summary>
    public long Acknowledged { get; init; }

    /// <summary>Why not everything is on it; null: it is.</summary>
    public CarryOutError? Error { get; init; }

    /// <summary>For the log.</summary>
    public string Detail { get; init; } = "";

    /// <summary>An acknowledgement was refused, and why; null: none was.</summary>
    public string? Refused { get; init; }
}
