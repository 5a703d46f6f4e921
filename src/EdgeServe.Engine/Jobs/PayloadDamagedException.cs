namespace EdgeServe.Engine.Jobs;

/// <summary>A stored payload is not what was stored.</summary>
public sealed class PayloadDamagedException(string message) : Exception(message);
