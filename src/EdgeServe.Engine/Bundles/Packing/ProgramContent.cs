using EdgeServe.Engine.Bundles.Channels;

namespace EdgeServe.Engine.Bundles.Packing;

/// <summary>What a program's manifest holds: one Debian package and nothing else.</summary>
/// <param name="Version">Of the package.</param>
/// <param name="Architecture">Of the package.</param>
/// <param name="Package">Its bytes.</param>
public sealed record ProgramContent(string Version, string Architecture, Descriptor Package)
{
    /// <exception cref="BundleException"><see cref="BundleError.ForbiddenContent"/>, <see cref="BundleError.Malformed"/>.</exception>
    public static ProgramContent Read(Manifest manifest)
    {
        var named = ChannelProgram.Of(manifest.Annotations.GetValueOrDefault(AnnotationNames.Program), manifest.Annotations.GetValueOrDefault(AnnotationNames.Architecture), manifest.Config);
        if (manifest.ArtifactType != MediaTypes.Program || manifest.Config.MediaType != MediaTypes.ProgramConfig)
            throw Forbidden(named.Version, $"is no program but {manifest.ArtifactType ?? manifest.Config.MediaType}");
        if (manifest.Layers is not [{ MediaType: MediaTypes.DebianPackage } package])
            throw Forbidden(named.Version, "is not exactly one Debian package");
        return new ProgramContent(named.Version, named.Architecture, package);
    }

    /// <summary>The same, of what a channel calls it.</summary>
    /// <exception cref="BundleException">As for <see cref="Read(Manifest)"/>, also when the two disagree.</exception>
    public static ProgramContent Read(ChannelProgram program, byte[] manifest)
    {
        var content = Read(ManifestJson.ReadManifest(manifest));
        return content.Version == program.Version && content.Architecture == program.Architecture ? content
            : throw Forbidden(program.Version, $"for {program.Architecture} says of itself that it is {content.Version} for {content.Architecture}");
    }

    private static BundleException Forbidden(string version, string problem) =>
        new(BundleError.ForbiddenContent, $"program {version} {problem}", "Pack it with `edgeserve program pack`.");
}
