namespace EdgeServe.Engine.Bundles;

/// <summary>Media types read and written here: OCI's, ModelPack's, cosign's and our own.</summary>
public static class MediaTypes
{
    public const string Index = "application/vnd.oci.image.index.v1+json";
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string ImageConfig = "application/vnd.oci.image.config.v1+json";

    /// <summary>artifactType of a bundle (ModelPack).</summary>
    public const string Model = "application/vnd.cncf.model.manifest.v1+json";

    public const string ModelConfig = "application/vnd.cncf.model.config.v1+json";

    /// <summary>The graph: exactly one in a bundle.</summary>
    public const string Weight = "application/vnd.cncf.model.weight.v1.raw";

    /// <summary>Labels and tokenizers.</summary>
    public const string WeightConfig = "application/vnd.cncf.model.weight.config.v1.raw";

    /// <summary>Licences, notices, READMEs: kept, not installed.</summary>
    public const string Document = "application/vnd.cncf.model.doc.v1.raw";

    /// <summary>The graph's external data, at most one.</summary>
    public const string ExternalData = "application/vnd.edgeserve.external-data.v1";

    /// <summary>model.json.</summary>
    public const string Definition = "application/vnd.edgeserve.definition.v1+json";

    /// <summary>One file of <c>golden/</c>.</summary>
    public const string Golden = "application/vnd.edgeserve.golden.v1";

    /// <summary>Reference profile for drift.</summary>
    public const string Reference = "application/vnd.edgeserve.reference.v1+json";

    /// <summary>artifactType of the program itself: a manifest with one layer, its Debian package.</summary>
    public const string Program = "application/vnd.edgeserve.program.manifest.v1+json";

    public const string ProgramConfig = "application/vnd.edgeserve.program.config.v1+json";

    /// <summary>A .deb (IANA).</summary>
    public const string DebianPackage = "application/vnd.debian.binary-package";

    /// <summary>One cosign simple-signing payload.</summary>
    public const string SimpleSigning = "application/vnd.dev.cosign.simplesigning.v1+json";
}
