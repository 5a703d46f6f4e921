using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Updates;

/// <summary>How far a channel has come on this device.</summary>
/// <param name="Channel">Its name.</param>
/// <param name="Release">The highest release that was ever about to be activated; 0: none.</param>
/// <param name="Digest">What that release was; null with release 0.</param>
public sealed record TrustMark(string Channel, long Release, Digest? Digest);
