namespace EdgeServe.Engine.Storage;

/// <summary>Files that are either the old content or the new, whatever happens in between.</summary>
internal static class AtomicWrite
{
    /// <summary>Makes a finished temporary file durable, then gives it its name and makes that durable too.</summary>
    public static void Publish(string temporary, string final)
    {
        using (var handle = File.OpenHandle(temporary, FileMode.Open, FileAccess.ReadWrite))
            RandomAccess.FlushToDisk(handle);
        File.Move(temporary, final, overwrite: true);
        DirectoryHandle.Flush(Path.GetDirectoryName(Path.GetFullPath(final))!);
    }

    public static void WriteAllText(string path, string content)
    {
        string temporary = path + ".tmp";
        File.WriteAllText(temporary, content);
        Publish(temporary, path);
    }
}
