namespace EdgeServe.TestCollector;

/// <summary>By what a receiver knows a batch again.</summary>
/// <param name="Part">Of a batch that was split; empty: the whole.</param>
public readonly record struct BatchId(string Device, long Epoch, long Sequence, string Part);
