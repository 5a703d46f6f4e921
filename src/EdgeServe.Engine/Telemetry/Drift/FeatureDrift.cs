namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>One feature, the classes or the confidence against the reference.</summary>
/// <param name="Name">Of the feature; <c>class</c> and <c>confidence</c> for the answers.</param>
/// <param name="Level">Where it stands, with hysteresis.</param>
/// <param name="Psi">Of the last full window; not a number before there is one.</param>
/// <param name="WarnAt">Limits in force: the definition's, or what chance explains, whichever is more.</param>
/// <param name="AlarmAt">See <paramref name="WarnAt"/>.</param>
/// <param name="OutOfRange">Share of the window outside what the reference knows.</param>
/// <param name="Missing">Share of the window that is not a number.</param>
public readonly record struct FeatureDrift(string Name, DriftLevel Level, double Psi, double WarnAt, double AlarmAt, double OutOfRange, double Missing);
