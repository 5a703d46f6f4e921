namespace EdgeServe.Engine.Storage;

/// <summary>
/// Room kept for the moment there is none: on a full disk even deleting needs space. Let go of when a write fails for
/// lack of room, taken again when the disk has room to spare.
/// </summary>
internal sealed class Ballast(string path, long bytes)
{
    private const int ChunkBytes = 1 << 16;

    public bool IsHeld => File.Exists(path) && new FileInfo(path).Length == bytes;

    /// <returns>False when there is no room for it.</returns>
    public bool TryTake()
    {
        if (IsHeld)
            return true;
        string temporary = path + ".tmp";
        try
        {
            // Allocated, not written: no wear. Where the file system cannot allocate, zeros do.
            using (File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.None, preallocationSize: bytes))
            {
            }

            using (var handle = File.OpenHandle(temporary, FileMode.Open, FileAccess.Write))
            {
                if (RandomAccess.GetLength(handle) < bytes)
                    Fill(handle);
                RandomAccess.FlushToDisk(handle);
            }

            File.Move(temporary, path, overwrite: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            return false;
        }
    }

    public void Release() => TryDelete(path);

    private void Fill(Microsoft.Win32.SafeHandles.SafeFileHandle handle)
    {
        byte[] zeros = new byte[ChunkBytes];
        for (long at = 0; at < bytes; at += zeros.Length)
            RandomAccess.Write(handle, zeros.AsSpan(0, (int)Math.Min(zeros.Length, bytes - at)), at);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing gained, nothing lost.
        }
    }
}
