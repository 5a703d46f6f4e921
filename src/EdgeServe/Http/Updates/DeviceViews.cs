using EdgeServe.Engine.Device;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Http.Updates;

/// <summary>The box and its enrolment as the wire and the terminal show them.</summary>
internal static class DeviceViews
{
    /// <exception cref="IOException">The device folder cannot be read.</exception>
    public static DeviceBody Of(string? id, string name, DeviceEnrolment enrolment, DeviceKey key)
    {
        var terms = enrolment.Terms;
        return new DeviceBody(
            id, name, enrolment.IsEnrolled, enrolment.Trouble, key.PublicPem() is { } pem ? new PublicKeyBody(Signing(pem), pem) : null,
            terms?.Channel, terms?.DeviceClass, terms?.Registry, terms?.Threshold,
            terms is null ? null : [.. terms.TrustedKeys.Select(k => new PublicKeyBody(Signing(k)))],
            terms?.TelemetryKey is { } telemetry && PublicKeys.TryEncryption(telemetry, out string? fingerprint, out _) ? new PublicKeyBody(fingerprint) : null,
            terms?.AcknowledgementKey is { } acknowledgement ? new PublicKeyBody(Signing(acknowledgement)) : null);
    }

    private static string Signing(string pem) => PublicKeys.TrySigning(pem, out string? fingerprint, out _) ? fingerprint : "";
}
