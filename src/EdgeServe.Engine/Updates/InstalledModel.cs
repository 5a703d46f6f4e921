using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Packing;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Updates;

/// <summary>One version of a set and the files it consists of.</summary>
/// <param name="Key">Name and version.</param>
/// <param name="Manifest">Digest of its bundle's manifest: what it is, by content.</param>
/// <param name="Files">Where each layer goes, relative to the version's folder.</param>
internal sealed record InstalledModel(ModelVersionKey Key, Digest Manifest, IReadOnlyList<BundleFile> Files);
