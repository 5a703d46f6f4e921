namespace EdgeServe.Engine.Jobs;

/// <summary>What came out of a damaged database.</summary>
internal sealed class SalvageReport
{
    public int Saved { get; set; }

    public int FromBackup { get; set; }

    /// <summary>Idempotency keys of which only the name was left: they refuse whatever comes under them.</summary>
    public int KeysInDoubt { get; set; }

    /// <summary>Jobs that are known to have been there and could not be saved, with the reason.</summary>
    public List<(JobId Id, string Reason)> Lost { get; } = [];
}
