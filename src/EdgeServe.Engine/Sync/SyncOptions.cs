namespace EdgeServe.Engine.Sync;

/// <summary>How telemetry leaves, already validated.</summary>
internal sealed record SyncOptions
{
    public const int DefaultIntervalSeconds = 60;
    public const int DefaultSpreadSeconds = 30;
    public const int DefaultPatienceSeconds = 60;

    /// <summary>File with headers, a line each, for every request; null: none. Read anew for every attempt.</summary>
    public string? HeadersFile { get; init; }

    /// <summary>PEM file of the only roots that are trusted; null: the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>Hours in which nothing is sent; null: none.</summary>
    public QuietHours? Quiet { get; init; }

    /// <summary>Time between two sendings; alarms do not wait for it.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(DefaultIntervalSeconds);

    /// <summary>Over how long a fleet that comes back at once is spread.</summary>
    public TimeSpan Spread { get; init; } = TimeSpan.FromSeconds(DefaultSpreadSeconds);

    /// <summary>How long a collector or the link may do nothing.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(DefaultPatienceSeconds);

    /// <summary>Bytes a second; 0: as fast as it goes.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>Bytes a day of running time; 0: no bound.</summary>
    public long BytesPerDay { get; init; }
}
