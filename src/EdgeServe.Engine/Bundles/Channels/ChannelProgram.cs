namespace EdgeServe.Engine.Bundles.Channels;

/// <summary>The program of a release, for one kind of machine.</summary>
/// <param name="Version">A Debian package's version.</param>
/// <param name="Architecture">dpkg's name of the machine.</param>
/// <param name="Manifest">Its content: <see cref="Packing.ProgramContent"/>.</param>
public sealed record ChannelProgram(string Version, string Architecture, Descriptor Manifest)
{
    /// <summary>What a version says behind its +, such as <c>+jetson</c>: a package for other boards of the same architecture. Empty: none.</summary>
    public string Flavour => FlavourOf(Version);

    public static string FlavourOf(string version) => version.IndexOf('+') is >= 0 and var at ? version[at..] : "";
}
