namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>How a forwarder stands with one class or peer; kept over restarts, so that nobody hammers after a reboot.</summary>
/// <param name="Key">Whose state it is.</param>
/// <param name="Attempts">In vain, in a row.</param>
/// <param name="NotBeforeMs">Running time of the device before which nothing is tried.</param>
/// <param name="BootId">Of the boot it was written in.</param>
internal sealed record OutboxRetry(string Key, int Attempts, long NotBeforeMs, string BootId);
