using System.Text.RegularExpressions;
using EdgeServe.Engine.Bundles.Channels;

namespace EdgeServe.Engine.Bundles.Packing;

/// <summary>What a program's manifest holds: one Debian package and nothing else.</summary>
/// <param name="Version">Of the package.</param>
/// <param name="Architecture">Of the package.</param>
/// <param name="Package">Its bytes.</param>
public sealed partial record ProgramContent(string Version, string Architecture, Descriptor Package)
{
    /// <exception cref="BundleException"><see cref="BundleError.ForbiddenContent"/>, <see cref="BundleError.Malformed"/>.</exception>
    public static ProgramContent Read(Manifest manifest)
    {
        var named = Named(manifest.Annotations.GetValueOrDefault(AnnotationNames.Program), manifest.Annotations.GetValueOrDefault(AnnotationNames.Architecture), manifest.Config);
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

    /// <summary>Both are written into files and shown: nothing but what Debian's policy allows.</summary>
    internal static ChannelProgram Named(string? version, string? architecture, Descriptor manifest)
    {
        if (version is null || !VersionText().IsMatch(version))
            throw Malformed(AnnotationNames.Program, version ?? "");
        if (architecture is null || !ArchitectureText().IsMatch(architecture))
            throw Malformed(AnnotationNames.Architecture, architecture ?? "");
        return new ChannelProgram(version, architecture, manifest);
    }

    private static BundleException Forbidden(string version, string problem) =>
        new(BundleError.ForbiddenContent, $"program {version} {problem}", "Pack it with `edgeserve program pack`.");

    private static BundleException Malformed(string annotation, string value) =>
        new(BundleError.Malformed, $"annotation {annotation} is '{(value.Length <= 80 ? value : value[..80] + "…")}'", "Pack it with `edgeserve program pack`.");

    // Debian policy 5.6.12, of which a version of this program needs no epoch.
    [GeneratedRegex(@"\A[0-9][A-Za-z0-9.+~-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex VersionText();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ArchitectureText();
}
