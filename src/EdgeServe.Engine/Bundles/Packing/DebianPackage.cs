namespace EdgeServe.Engine.Bundles.Packing;

/// <summary>What a Debian package says of itself, by Debian's own tool.</summary>
/// <param name="Name">Of the package.</param>
/// <param name="Version">As in its control file.</param>
/// <param name="Architecture">dpkg's name.</param>
public sealed record DebianPackage(string Name, string Version, string Architecture)
{
    /// <summary>What this program's package is called.</summary>
    public const string EdgeServe = "edgeserve";

    private const string Tool = "/usr/bin/dpkg-deb";

    /// <param name="file">A file that nobody else can change.</param>
    /// <exception cref="BundleException"><see cref="BundleError.ForbiddenContent"/>: no package of this program.</exception>
    public static DebianPackage Read(string file)
    {
        string name = Field(file, "Package");
        return name == EdgeServe ? new DebianPackage(name, Field(file, "Version"), Field(file, "Architecture"))
            : throw new BundleException(BundleError.ForbiddenContent, $"the package is called '{name}', not {EdgeServe}", "Take the package that scripts/package made.");
    }

    private static string Field(string file, string field)
    {
        var (exitCode, output) = DebianTool.Run(Tool, "--field", file, field);
        return exitCode == 0 && output.Length is > 0 and <= 200 && !output.Any(char.IsControl) ? output
            : throw new BundleException(BundleError.ForbiddenContent, $"{Path.GetFileName(file)} is no Debian package with a field {field}", "Take the package that scripts/package made.");
    }
}
