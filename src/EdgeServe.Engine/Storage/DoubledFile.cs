using System.Buffers.Binary;
using System.IO.Hashing;

namespace EdgeServe.Engine.Storage;

/// <summary>
/// A small value that outlives a power cut and one damaged copy: two files written in turn, each with a sequence number
/// and a checksum. The newer good one counts. Never restored backwards: a value once written stays or is replaced.
/// </summary>
public sealed class DoubledFile
{
    private const uint Magic = 0x31464445; // "EDF1"
    private const int HeaderBytes = 4 + 8 + 8;
    private const int MostBytes = 1 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string[] _paths;
    private readonly bool _secret;
    private ulong _sequence;

    /// <param name="path">Without the copies' suffixes <c>.a</c> and <c>.b</c>.</param>
    /// <param name="secret">Readable by nobody but the owner, at no moment.</param>
    public DoubledFile(string path, bool secret = false)
    {
        _paths = [path + ".a", path + ".b"];
        _secret = secret;
    }

    /// <summary>Is there a copy, readable or not? With <see cref="Read"/> answering null: both are damaged.</summary>
    public bool Exists => Array.Exists(_paths, File.Exists);

    /// <returns>The newest good value; null when there is none.</returns>
    public byte[]? Read()
    {
        byte[]? newest = null;
        foreach (string path in _paths)
        {
            if (TryRead(path, out ulong sequence, out byte[] value) && (newest is null || sequence > _sequence))
            {
                newest = value;
                _sequence = sequence;
            }
        }

        return newest;
    }

    /// <summary>Durable when it returns. The copy that holds the newest good value is not touched.</summary>
    public void Write(ReadOnlySpan<byte> value)
    {
        Read();
        byte[] content = new byte[HeaderBytes + value.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(content, Magic);
        BinaryPrimitives.WriteUInt64LittleEndian(content.AsSpan(4), _sequence + 1);
        value.CopyTo(content.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteUInt64LittleEndian(content.AsSpan(12), Checksum(_sequence + 1, value));
        string path = _paths[(int)((_sequence + 1) % 2)];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = path + ".tmp";
        WriteNew(temporary, content);
        AtomicWrite.Publish(temporary, path);
        _sequence++;
    }

    /// <summary>For what is written once and must outlive a damaged copy from then on: both hold it when it returns.</summary>
    public void WriteBoth(ReadOnlySpan<byte> value)
    {
        Write(value);
        Write(value);
    }

    private void WriteNew(string path, byte[] content)
    {
        // What a killed write left may have any mode.
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (_secret && !OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using var file = new FileStream(path, options);
        file.Write(content);
    }

    private static bool TryRead(string path, out ulong sequence, out byte[] value)
    {
        sequence = 0;
        value = [];
        var file = new FileInfo(path);
        if (!file.Exists || file.Length is < HeaderBytes or > MostBytes)
            return false;
        byte[] content;
        try
        {
            content = File.ReadAllBytes(path);
        }
        catch (IOException)
        {
            // A bad block: the other copy is for this.
            return false;
        }

        if (content.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(content) != Magic)
            return false;
        sequence = BinaryPrimitives.ReadUInt64LittleEndian(content.AsSpan(4));
        value = content[HeaderBytes..];
        return BinaryPrimitives.ReadUInt64LittleEndian(content.AsSpan(12)) == Checksum(sequence, value);
    }

    private static ulong Checksum(ulong sequence, ReadOnlySpan<byte> value) => XxHash3.HashToUInt64(value, (long)sequence);
}
