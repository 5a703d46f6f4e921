using System.Security.Cryptography;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Device;

/// <summary>
/// The key that proves who this box is: ECDSA P-256, made on the box, never leaving it. Kept twice as PKCS#8, readable by
/// the service's user only. A backup does not carry it: a box on a new card makes itself a new one.
/// </summary>
public sealed class DeviceKey(string directory)
{
    private readonly DoubledFile _file = new(Path.Combine(directory, "key"), secret: true);

    /// <summary>Is there one?</summary>
    public bool Exists => _file.Exists;

    /// <summary>Makes the key when there is none, or none that can be read. Durable when it returns.</summary>
    public void Ensure()
    {
        if (Read() is { } kept)
        {
            kept.Dispose();
            return;
        }

        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] pkcs8 = made.ExportPkcs8PrivateKey();
        try
        {
            _file.WriteBoth(pkcs8);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    /// <returns>The key, for the caller to dispose; null when there is none that can be read.</returns>
    public ECDsa? Read()
    {
        if (_file.Read() is not { } pkcs8)
            return null;
        var key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            return key;
        }
        catch (CryptographicException)
        {
            key.Dispose();
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    /// <returns>The public half as PEM, to give to head office; null when there is none.</returns>
    public string? PublicPem()
    {
        using var key = Read();
        return key?.ExportSubjectPublicKeyInfoPem();
    }
}
