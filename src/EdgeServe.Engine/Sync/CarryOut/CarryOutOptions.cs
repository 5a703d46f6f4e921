namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>How much of a stick telemetry may take, already validated.</summary>
internal sealed record CarryOutOptions
{
    public const long DefaultMaxBytes = 256L << 20;
    public const int DefaultPartBytes = 2 << 20;

    /// <summary>On one stick, of this device; 0: nothing is carried out.</summary>
    public long MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>Aimed at for a part: sealing holds a few times as much in memory. A request that is larger is a part of its own, up to <see cref="PartEnvelope.MaxBytes"/>.</summary>
    public int PartBytes { get; init; } = DefaultPartBytes;

    /// <summary>Free on the stick, as its file system says.</summary>
    public Func<string, long> FreeBytes { get; init; } = path => new DriveInfo(path).AvailableFreeSpace;
}
