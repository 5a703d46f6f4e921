using System.Security.Cryptography;
using System.Text;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Device;

/// <summary>Who this box is: a random id made once, at the first start.</summary>
public sealed class DeviceIdentity
{
    private const int IdBytes = 16;
    private readonly DoubledFile _file;

    public DeviceIdentity(string directory) => _file = new DoubledFile(Path.Combine(directory, "identity"));

    /// <summary>The id if there is one; makes none.</summary>
    public string? Kept => _file.Read() is { Length: IdBytes * 2 } kept ? Encoding.ASCII.GetString(kept) : null;

    /// <summary>32 hexadecimal digits; made and kept when there is none yet.</summary>
    public string Id
    {
        get
        {
            if (field is not null)
                return field;
            if (_file.Read() is { Length: IdBytes * 2 } kept)
                return field = Encoding.ASCII.GetString(kept);
            string made = RandomNumberGenerator.GetHexString(IdBytes * 2, lowercase: true);
            _file.Write(Encoding.ASCII.GetBytes(made));
            return field = made;
        }
    }
}
