using System.Security.Cryptography;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Jobs.Keys;

/// <summary>
/// The wrapping keys this box has: its own in <c>device/</c> and, when it is started with one, a systemd credential, which
/// wraps whatever is new. Both open.
/// </summary>
internal sealed class WrappingKeys(string device, string? credentials)
{
    public const string CredentialName = "edgeserve-payload-key";
    private const int MostCredentialBytes = 4096;
    private readonly DoubledFile _file = new(Path.Combine(device, "payload-key"), secret: true);
    private volatile WrappingKey[] _keys = [];

    /// <summary>Reads what there is. Makes nothing.</summary>
    /// <exception cref="StorageException">The credential is unusable.</exception>
    public void Read()
    {
        _keys = [];
        if (credentials is not null && Path.Combine(credentials, CredentialName) is var path && File.Exists(path))
        {
            byte[] secret = File.ReadAllBytes(path);
            if (secret.Length is < PayloadKey.Bytes or > MostCredentialBytes)
            {
                throw new StorageException(StorageError.Broken, $"the credential {CredentialName} has {secret.Length} bytes, {PayloadKey.Bytes} to {MostCredentialBytes} are needed",
                    "head -c 32 /dev/urandom | systemd-creds encrypt - FILE makes a good one.");
            }

            Add(WrappingKeySource.Credential, secret);
        }

        if (_file.Read() is { Length: PayloadKey.Bytes } own)
            Add(WrappingKeySource.Device, own);
    }

    public WrappingKey? Find(long id) => Array.Find(_keys, k => k.Id == id);

    /// <summary>What new keys are wrapped with. The box's own is made when it is needed, and durable when this returns.</summary>
    public WrappingKey Current()
    {
        if (_keys is [var first, ..])
            return first;
        byte[] secret = RandomNumberGenerator.GetBytes(PayloadKey.Bytes);
        _file.WriteBoth(secret);
        return Add(WrappingKeySource.Device, secret);
    }

    private WrappingKey Add(WrappingKeySource source, byte[] secret)
    {
        var key = new WrappingKey(source, secret);
        CryptographicOperations.ZeroMemory(secret);
        _keys = [.. _keys, key];
        return key;
    }
}
