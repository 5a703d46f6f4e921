using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>A part as it travels: sealed by <see cref="TelemetryEnvelope"/>, opened here.</summary>
internal static class PartEnvelope
{
    /// <summary>Of a sealed part.</summary>
    public const int MaxBytes = 8 << 20;

    /// <summary>What sealing adds at most: headers and a key of 8,192 bits.</summary>
    public const int Overhead = 4 << 10;

    /// <exception cref="CarryOutException"><see cref="CarryOutError.WrongKey"/>, <see cref="CarryOutError.Malformed"/>.</exception>
    public static byte[] Open(byte[] part, RSA key)
    {
        var envelope = new EnvelopedCms();
        try
        {
            envelope.Decode(part);
            if (envelope.RecipientInfos.Count != 1)
                throw new CarryOutException(CarryOutError.Malformed, $"a part has {envelope.RecipientInfos.Count} recipients instead of one", "It was not made by EdgeServe.");
        }
        catch (CryptographicException e)
        {
            throw new CarryOutException(CarryOutError.Malformed, $"a part is no CMS message: {e.Message}", "It was not made by EdgeServe.", e);
        }

        try
        {
            envelope.Decrypt(envelope.RecipientInfos[0], key);
            return envelope.ContentInfo.Content;
        }
        catch (CryptographicException e)
        {
            throw new CarryOutException(CarryOutError.WrongKey, "a part does not open with this key", "Use the private half of the telemetry key that the device was enrolled with.", e);
        }
    }
}
