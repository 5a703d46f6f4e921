using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Programs;
using EdgeServe.Hosting;

namespace EdgeServe.Cli.Programs;

/// <summary>Root's folder as the configuration, which only root writes, names it.</summary>
internal sealed class RootProgram(EdgeServeOptions options)
{
    public DataDirectory Data { get; } = new(options.Server.DataDirectory);

    public ProgramPlace Place { get; } = new(Path.GetFullPath(options.Updates.ProgramDirectory));

    /// <summary>The service's enrolment.</summary>
    public DoubledFile Enrolment => new(Path.Combine(Data.Device, "enrolment"));

    /// <exception cref="BundleException">The configuration's keys cannot be read.</exception>
    public ProgramTrust Trust => new(Place, EngineOptionsFrom.Terms(options.Updates));

    /// <returns>What keeps this from being done here; null: nothing.</returns>
    public static string? Unavailable(EdgeServeOptions options) => options.Updates.ProgramDirectory.Length == 0
        ? "Updates:ProgramDirectory: this box takes no programs; the package sets it"
        : Environment.IsPrivilegedProcess ? null : "whom to trust with programs is root's to decide: sudo edgeserve program …";
}
