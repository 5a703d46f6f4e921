using System.Text.RegularExpressions;

namespace EdgeServe.Engine.Bundles.Channels;

/// <summary>The program of a release, for one kind of machine.</summary>
/// <param name="Version">A Debian package's version.</param>
/// <param name="Architecture">dpkg's name of the machine.</param>
/// <param name="Manifest">Its content: a manifest with one Debian package.</param>
public sealed partial record ChannelProgram(string Version, string Architecture, Descriptor Manifest)
{
    /// <summary>What a version says behind its +, such as <c>+jetson</c>: a package for other boards of the same architecture. Empty: none.</summary>
    public string Flavour => FlavourOf(Version);

    public static string FlavourOf(string version) => version.IndexOf('+') is >= 0 and var at ? version[at..] : "";

    /// <summary>Both names are written into files and shown: nothing but what Debian's policy allows.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.Malformed"/>.</exception>
    public static ChannelProgram Of(string? version, string? architecture, Descriptor manifest)
    {
        if (version is null || !VersionText().IsMatch(version))
            throw Malformed(AnnotationNames.Program, version ?? "");
        if (architecture is null || !ArchitectureText().IsMatch(architecture))
            throw Malformed(AnnotationNames.Architecture, architecture ?? "");
        return new ChannelProgram(version, architecture, manifest);
    }

    private static BundleException Malformed(string annotation, string value) =>
        new(BundleError.Malformed, $"annotation {annotation} is '{(value.Length <= 80 ? value : value[..80] + "…")}'", "Pack it with `edgeserve program pack`.");

    // Debian policy 5.6.12; a version of this program needs no epoch.
    [GeneratedRegex(@"\A[0-9][A-Za-z0-9.+~-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex VersionText();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ArchitectureText();
}
