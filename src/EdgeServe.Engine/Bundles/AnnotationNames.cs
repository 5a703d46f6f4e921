namespace EdgeServe.Engine.Bundles;

/// <summary>Annotations with a meaning here.</summary>
public static class AnnotationNames
{
    public const string RefName = "org.opencontainers.image.ref.name";
    public const string Title = "org.opencontainers.image.title";
    public const string FilePath = "org.cncf.model.filepath";

    public const string Description = "org.opencontainers.image.description";
    public const string Licenses = "org.opencontainers.image.licenses";

    /// <summary>What an index is: <c>channel</c>.</summary>
    public const string Type = "io.edgeserve.type";

    public const string Channel = "io.edgeserve.channel";
    public const string Release = "io.edgeserve.release";

    /// <summary>Classes of devices the channel is for, separated by commas.</summary>
    public const string DeviceClass = "io.edgeserve.device-class";

    /// <summary>RFC 3339, UTC: the only source of signed time.</summary>
    public const string Created = "io.edgeserve.created";

    public const string Expires = "io.edgeserve.expires";
    public const string MinProgram = "io.edgeserve.min-program";

    /// <summary>Model name, on a bundle's manifest and on its descriptor in a channel.</summary>
    public const string Model = "io.edgeserve.model";

    /// <summary>Model version, a positive integer, beside <see cref="Model"/>.</summary>
    public const string Version = "io.edgeserve.version";

    /// <summary>Version of the program, on its package's manifest and on its descriptor in a channel.</summary>
    public const string Program = "io.edgeserve.program";

    /// <summary>dpkg's name of the machine it is for, beside <see cref="Program"/>.</summary>
    public const string Architecture = "io.edgeserve.architecture";

    public const string CosignSignature = "dev.cosignproject.cosign/signature";

    /// <summary>What <c>cosign save</c> calls an entry of index.json.</summary>
    public const string CosignKind = "kind";

    public const string CosignKindIndex = "dev.cosignproject.cosign/imageIndex";
    public const string CosignKindSignatures = "dev.cosignproject.cosign/sigs";
}
