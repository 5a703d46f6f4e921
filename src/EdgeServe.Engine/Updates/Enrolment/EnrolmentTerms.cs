namespace EdgeServe.Engine.Updates.Enrolment;

/// <summary>What head office tells a device once: whom to follow and whom to trust. Holds public things only.</summary>
/// <param name="Channel">The channel the device follows: also a tag.</param>
/// <param name="DeviceClass">Which of the channel's classes of devices this one is.</param>
/// <param name="TrustedKeys">1 to 16 distinct ECDSA P-256 public keys, PEM.</param>
/// <param name="Threshold">How many of them must have signed a release.</param>
/// <param name="Registry"><c>host[:port]/repository</c> to poll; null: sticks and files only.</param>
/// <param name="TelemetryKey">RSA public key or certificate that carried-out telemetry is encrypted to, PEM; null: none is carried out.</param>
/// <param name="AcknowledgementKey">ECDSA P-256 public key that signs acknowledgements of telemetry, PEM; null: none are believed.</param>
/// <param name="TelemetryEndpoint">OTLP/HTTP address of head office's collector, https; null: none.</param>
public sealed record EnrolmentTerms(
    string Channel, string DeviceClass, IReadOnlyList<string> TrustedKeys, int Threshold, string? Registry = null, string? TelemetryKey = null, string? AcknowledgementKey = null, string? TelemetryEndpoint = null)
{
    public const int MaxKeys = 16;
}
