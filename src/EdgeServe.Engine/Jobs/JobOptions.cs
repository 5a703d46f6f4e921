namespace EdgeServe.Engine.Jobs;

/// <summary>Bounds of the job flow, already validated.</summary>
public sealed record JobOptions
{
    public const int DefaultParallelism = 0;
    public const int DefaultMaxPending = 20_000;
    public const int DefaultMaxFinished = 100_000;
    public const long DefaultMaxBytes = 4L << 30;
    public const int DefaultRetentionHours = 14 * 24;
    public const int DefaultMaxKeys = 200_000;
    public const int DefaultMaxAttempts = 5;
    public const long DefaultReserveBytes = 128L << 20;
    public const long DefaultBallastBytes = 8L << 20;
    public const int DefaultBackupHours = 24;

    /// <summary>Jobs that run at a time; 0: one less than there are cores, and at least one.</summary>
    public int Parallelism { get; init; } = DefaultParallelism;

    /// <summary>Jobs that may wait or run.</summary>
    public int MaxPending { get; init; } = DefaultMaxPending;

    /// <summary>Finished jobs that are kept.</summary>
    public int MaxFinished { get; init; } = DefaultMaxFinished;

    /// <summary>Bytes of requests and results of all jobs.</summary>
    public long MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>How long a finished job is kept, in the box's running time.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromHours(DefaultRetentionHours);

    /// <summary>Idempotency keys that are remembered beyond those of jobs still here.</summary>
    public int MaxKeys { get; init; } = DefaultMaxKeys;

    /// <summary>Runs of one job that may fail for a reason that passes.</summary>
    public int MaxAttempts { get; init; } = DefaultMaxAttempts;

    /// <summary>Run the version that serves (false) or the one the job was accepted for (true).</summary>
    public bool RunAcceptedVersion { get; init; }

    /// <summary>Free bytes on the disk below which no job is taken.</summary>
    public long ReserveBytes { get; init; } = DefaultReserveBytes;

    /// <summary>Bytes kept aside for the moment the disk is full.</summary>
    public long BallastBytes { get; init; } = DefaultBallastBytes;

    /// <summary>Time between copies of the database, in the box's running time; zero: none.</summary>
    public TimeSpan BackupInterval { get; init; } = TimeSpan.FromHours(DefaultBackupHours);
}
