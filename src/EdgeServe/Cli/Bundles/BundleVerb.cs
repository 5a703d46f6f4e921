using System.CommandLine;

namespace EdgeServe.Cli.Bundles;

/// <summary><c>edgeserve bundle</c>: one version of a model as OCI content.</summary>
internal static class BundleVerb
{
    public static Command Create() => new("bundle", "Pack models.") { BundlePackVerb.Create(), BundleInspectVerb.Create() };
}
