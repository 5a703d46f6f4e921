using EdgeServe.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Jobs.Keys;

/// <summary>
/// The file of slots: overwritten in place and nowhere else, never renamed, never shortened. Slot 0 holds the secret of
/// fingerprints. Opened for writing only when something is written: a card that can only be read is read.
/// </summary>
internal sealed class KeyFile(string path) : IDisposable
{
    private const int LeastGrowth = 256;
    private const int MostGrowth = 8192;
    private const int SlotsAChunk = 2048;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private SafeFileHandle? _reading;
    private SafeFileHandle? _writing;

    /// <summary>Slots it has room for.</summary>
    public int Count { get; private set; }

    /// <summary>Looks how large it is.</summary>
    public void Open()
    {
        if (!File.Exists(path))
            return;
        _reading = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Count = (int)Math.Min(RandomAccess.GetLength(_reading) / KeySlot.Bytes, KeyRef.MostSlots);
    }

    /// <summary>Reads every slot there is.</summary>
    public void Scan(Action<int, ReadOnlyMemory<byte>> slot)
    {
        if ((_writing ?? _reading) is not { } file)
            return;
        byte[] chunk = new byte[SlotsAChunk * KeySlot.Bytes];
        for (int first = 0; first < Count; first += SlotsAChunk)
        {
            int slots = RandomAccess.Read(file, chunk, (long)first * KeySlot.Bytes) / KeySlot.Bytes;
            for (int i = 0; i < slots; i++)
                slot(first + i, chunk.AsMemory(i * KeySlot.Bytes, KeySlot.Bytes));
        }
    }

    public void Read(int slot, Span<byte> content)
    {
        content.Clear();
        if (slot < Count)
            _ = RandomAccess.Read((_writing ?? _reading)!, content, (long)slot * KeySlot.Bytes);
    }

    /// <summary>In the page cache when it returns; on the disk after <see cref="Flush"/>.</summary>
    /// <param name="slot">The first.</param>
    /// <param name="content">Of one or more slots side by side.</param>
    public void Write(int slot, ReadOnlySpan<byte> content) => RandomAccess.Write(Writing(), content, (long)slot * KeySlot.Bytes);

    /// <summary>More room: real zeros, so that a slot written later changes nothing but its own bytes.</summary>
    public void Grow()
    {
        int more = Math.Min(Math.Clamp(Count, LeastGrowth, MostGrowth), KeyRef.MostSlots - Count);
        if (more <= 0)
            throw new IOException($"{path} has no room for more than {KeyRef.MostSlots} keys");
        var file = Writing();
        RandomAccess.Write(file, new byte[more * KeySlot.Bytes], (long)Count * KeySlot.Bytes);
        Count += more;
    }

    public void Flush() => DataFlush.Flush(Writing());

    public void Dispose()
    {
        _reading?.Dispose();
        _writing?.Dispose();
        _reading = _writing = null;
    }

    private SafeFileHandle Writing()
    {
        if (_writing is not null)
            return _writing;
        bool isNew = !File.Exists(path);
        if (isNew)
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = OwnerOnly;
            new FileStream(path, options).Dispose();
            DirectoryHandle.Flush(Path.GetDirectoryName(path)!);
        }

        return _writing = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
    }
}
