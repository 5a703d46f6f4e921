using EdgeServe.Engine.Bundles.Signing;

namespace EdgeServe.Engine.Updates;

/// <summary>Whom the device follows and whom it trusts, ready for use: from its enrolment, or from the configuration.</summary>
/// <param name="Channel">Also a tag.</param>
/// <param name="DeviceClass">Of this device.</param>
/// <param name="Keys">Distinct.</param>
/// <param name="Threshold">How many of them must have signed.</param>
/// <param name="Registry"><c>host[:port]/repository</c>; null: sticks and files only.</param>
internal sealed record UpdateTerms(string Channel, string DeviceClass, IReadOnlyList<TrustedKey> Keys, int Threshold, string? Registry);
