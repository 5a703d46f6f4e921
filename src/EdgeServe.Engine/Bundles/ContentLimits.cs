namespace EdgeServe.Engine.Bundles;

/// <summary>How much of anything foreign is read. Known before reading, checked while reading.</summary>
public static class ContentLimits
{
    /// <summary>A manifest or index (the distribution spec's own limit).</summary>
    public const int ManifestBytes = 4 << 20;

    /// <summary>Layers of a bundle, models of a channel.</summary>
    public const int Entries = 1000;

    /// <summary>Nesting of JSON.</summary>
    public const int Depth = 16;

    /// <summary>Signatures on one index.</summary>
    public const int Signatures = 32;

    public const int SignaturePayloadBytes = 64 << 10;
}
