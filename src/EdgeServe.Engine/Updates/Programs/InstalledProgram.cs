using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Channels;
using EdgeServe.Engine.Bundles.Packing;

namespace EdgeServe.Engine.Updates.Programs;

/// <summary>The program as dpkg has it on this machine, and what may take its place.</summary>
/// <param name="Version">Of the package.</param>
/// <param name="Architecture">Of the machine.</param>
internal sealed record InstalledProgram(string Version, string Architecture)
{
    private const string Dpkg = "/usr/bin/dpkg", Query = "/usr/bin/dpkg-query";

    /// <exception cref="BundleException"><see cref="BundleError.NotFound"/>: it did not come as a package.</exception>
    public static InstalledProgram Read()
    {
        var (queried, version) = DebianTool.Run(Query, "--show", "--showformat=${db:Status-Abbrev}${Version}", DebianPackage.EdgeServe);
        if (queried != 0 || !version.StartsWith("ii ", StringComparison.Ordinal))
            throw new BundleException(BundleError.NotFound, "this program was not installed as a package", "Programs are updated where they were installed with apt.");
        return new InstalledProgram(version[3..], DebianTool.Run(Dpkg, "--print-architecture").Output);
    }

    /// <summary>The program a channel has for this kind of machine; null: none.</summary>
    public ChannelProgram? Candidate(ChannelIndex channel) =>
        channel.Programs.FirstOrDefault(p => p.Architecture == Architecture && p.Flavour == ChannelProgram.FlavourOf(Version));

    /// <summary>By dpkg's own order of versions.</summary>
    public bool IsOlderThan(string version) => DebianTool.Run(Dpkg, "--compare-versions", version, "gt", Version).ExitCode == 0;

    /// <summary>May this program take its place?</summary>
    /// <exception cref="BundleException">Why not.</exception>
    public void Require(ChannelProgram program, IReadOnlySet<string> failed)
    {
        if (!IsOlderThan(program.Version))
            throw new BundleException(BundleError.OlderProgram, $"program {program.Version} is not newer than {Version}, which is installed", "Publish a release with a higher version of the program.");
        if (failed.Contains(program.Version))
            throw new BundleException(BundleError.ProgramFailed, $"program {program.Version} was tried here and taken back", "Publish a release with a higher version of the program.");
    }
}
