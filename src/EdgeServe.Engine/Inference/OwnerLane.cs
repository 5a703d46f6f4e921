namespace EdgeServe.Engine.Inference;

/// <summary>What one owner has waiting for a model. Belongs to <see cref="FairQueue"/>.</summary>
internal sealed class OwnerLane
{
    /// <summary>By due time, then order of arrival. Abandoned ones stay until they surface.</summary>
    public PriorityQueue<WorkItem, (long Due, long Order)> Items { get; } = new();

    public string Owner { get; set; } = "";

    /// <summary>Of the items, those that still wait.</summary>
    public int Waiting { get; set; }

    /// <summary>The virtual time at which its next run begins: what it had so far, on the clock all lanes share.</summary>
    public long Start { get; set; }
}
