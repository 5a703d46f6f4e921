namespace EdgeServe.Engine.Bundles.Store;

/// <summary>What was deleted because nothing needs it.</summary>
public sealed record GarbageReport(int Files, long Bytes);
