namespace EdgeServe.Engine.Device.Governor;

/// <summary>How the device is watched, already validated.</summary>
public sealed record GovernorOptions
{
    public const int DefaultSampleSeconds = 5;
    public const int DefaultCalmSeconds = 30;
    public const int DefaultCarefulCelsius = 75;
    public const int DefaultProtectiveCelsius = 85;
    public const int DefaultDeferMinutes = 10;

    public bool Enabled { get; init; } = true;

    /// <summary>Time between two looks.</summary>
    public TimeSpan Sample { get; init; } = TimeSpan.FromSeconds(DefaultSampleSeconds);

    /// <summary>How long all must be well before it goes down a level.</summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromSeconds(DefaultCalmSeconds);

    /// <summary>Of zones without trip points of their own.</summary>
    public double CarefulCelsius { get; init; } = DefaultCarefulCelsius;

    /// <summary>Of zones without trip points of their own.</summary>
    public double ProtectiveCelsius { get; init; } = DefaultProtectiveCelsius;

    /// <summary>How long background work waits for a careful device.</summary>
    public TimeSpan Defer { get; init; } = TimeSpan.FromMinutes(DefaultDeferMinutes);

    /// <summary>Free bytes on the disk below which looks into the registry wait.</summary>
    public long ReserveBytes { get; init; }
}
