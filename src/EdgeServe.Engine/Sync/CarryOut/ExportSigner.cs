using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>The device's key, and head office's: who hands out, and who may read.</summary>
internal sealed class ExportSigner : IDisposable
{
    private readonly ECDsa _key;
    private readonly byte[] _info;

    /// <param name="device">Its id.</param>
    /// <param name="key">Its own; disposed with this.</param>
    /// <param name="telemetryKey">Head office's, PEM, already checked.</param>
    public ExportSigner(string device, ECDsa key, string telemetryKey)
    {
        (Device, _key, _info) = (device, key, key.ExportSubjectPublicKeyInfo());
        Public = TrustedKey.FromPem(key.ExportSubjectPublicKeyInfoPem());
        Recipient = TelemetryEnvelope.Recipient(telemetryKey);
        Fingerprint = PublicKeys.TryEncryption(telemetryKey, out string? fingerprint, out _) ? fingerprint : "";
    }

    public string Device { get; }

    public TrustedKey Public { get; }

    public X509Certificate2 Recipient { get; }

    /// <summary>Of the recipient's key.</summary>
    public string Fingerprint { get; }

    public ExportStatement Statement(IReadOnlyList<ExportPart> parts, long left, OutboxMoment moment) => new(Device, moment, _info, Fingerprint, parts, left);

    public byte[] Sign(byte[] statement) => _key.SignData(statement, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    public void Dispose()
    {
        Recipient.Dispose();
        _key.Dispose();
    }
}
