namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Bounds of the outbox, already validated.</summary>
internal sealed record OutboxOptions
{
    public const long DefaultMaxBytes = 64L << 20;
    public const int DefaultCommitSeconds = 10;

    /// <summary>Of payloads on the disk; beyond, the least important oldest go.</summary>
    public long MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>Time between commits. Alarms do not wait for it.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(DefaultCommitSeconds);

    /// <summary>Free bytes on the disk below which telemetry gives room: twice what jobs need.</summary>
    public long ReserveBytes { get; init; }

    /// <summary>Bytes that wait in memory for a commit.</summary>
    public long MaxWaitingBytes { get; init; } = 4L << 20;

    /// <summary><c>service.name</c> and <c>service.version</c> of everything that leaves.</summary>
    public string ServiceName { get; init; } = "edgeserve";

    public string ServiceVersion { get; init; } = "";
}
