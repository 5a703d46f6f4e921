using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>What is known of one model version's drift at one moment.</summary>
/// <param name="Key">The version.</param>
/// <param name="Level">The worst of its features.</param>
/// <param name="Reference">Where the reference is from.</param>
/// <param name="ReferenceRows">Rows of the reference; while it is learned: so far.</param>
/// <param name="Window">Rows compared at a time.</param>
/// <param name="WindowRows">Rows in the window now.</param>
/// <param name="Rows">Rows counted since this version's sketches began.</param>
/// <param name="Skipped">Rows not looked at, so that serving does not wait for it.</param>
/// <param name="Features">In the model's order, then <c>class</c> and <c>confidence</c>.</param>
public sealed record DriftState(
    ModelVersionKey Key, DriftLevel Level, ReferenceSource Reference, long ReferenceRows, int Window, int WindowRows, long Rows, long Skipped, IReadOnlyList<FeatureDrift> Features);
