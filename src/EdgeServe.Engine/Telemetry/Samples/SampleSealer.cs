using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Telemetry.Records;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Engine.Telemetry.Samples;

/// <summary>Closes samples for head office, whose key is that of the terms in force at that moment. For one thread.</summary>
internal sealed class SampleSealer(DeviceEnrolment enrolment) : IDisposable
{
    private const int Information = 9;
    private readonly OtlpLogs _logs = new();
    private string? _pem;
    private X509Certificate2? _recipient;
    private string _fingerprint = "";

    /// <summary>The key samples are encrypted to; null: there is none, and none may be taken.</summary>
    public string? Key => enrolment.Terms?.TelemetryKey;

    /// <summary>The plain request is wiped, whatever happens.</summary>
    /// <returns>An OTLP request of one record; null: there is no key any more.</returns>
    public byte[]? Seal(InputSample sample)
    {
        try
        {
            return Key is { } pem ? Record(sample, TelemetryEnvelope.Seal(sample.Content, Recipient(pem))) : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sample.Content);
        }
    }

    public void Dispose() => _recipient?.Dispose();

    private X509Certificate2 Recipient(string pem)
    {
        if (_recipient is not null && _pem == pem)
            return _recipient;
        _recipient?.Dispose();
        (_pem, _recipient) = (pem, TelemetryEnvelope.Recipient(pem));
        _fingerprint = PublicKeys.TryEncryption(pem, out string? fingerprint, out _) ? fingerprint : "";
        return _recipient;
    }

    private byte[] Record(InputSample sample, byte[] envelope)
    {
        var model = sample.Model;
        _logs.Begin(RecordNames.Scope);
        _logs.BeginRecord(RecordNames.Sample, Information, sample.Moment.WallMs, envelope);
        _logs.Attribute(RecordNames.Model, model.Key.Name);
        _logs.Attribute(RecordNames.Version, model.Key.Version);
        _logs.Attribute(RecordNames.Digest, model.Digest);
        _logs.Attribute(RecordNames.Rows, sample.Rows);
        _logs.Attribute(RecordNames.SampleBytes, sample.Content.Length);
        _logs.Attribute(RecordNames.SampleHeaderBytes, sample.HeaderBytes);
        _logs.Attribute(RecordNames.SampleOneIn, model.Definition.Telemetry.SampleInputs);
        _logs.Attribute(RecordNames.SampleKey, _fingerprint);
        InferenceRecords.Clock(_logs, sample.Moment.DeviceMs, OtlpNames.Text(sample.Moment.Quality));
        _logs.EndRecord();
        return _logs.End();
    }
}
