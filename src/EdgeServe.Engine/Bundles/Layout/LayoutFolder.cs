using EdgeServe.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Bundles.Layout;

/// <summary>
/// The files of an image layout on a medium nobody vouches for: opened without following links, plain files of one file
/// system only, size asked before reading. Nothing stays open between two calls, so that the medium can be pulled.
/// </summary>
internal sealed class LayoutFolder(string path)
{
    private static readonly string[] BlobFolders = ["blobs", "sha256"];

    public string Path => path;

    /// <summary>A file beside the blobs.</summary>
    /// <returns>Null when it is not there.</returns>
    /// <exception cref="BundleException"><see cref="BundleError.TooLarge"/>, <see cref="BundleError.UnsafeFile"/>, <see cref="BundleError.SourceUnavailable"/>.</exception>
    public byte[]? Read(string name, int mostBytes) => Guard(() =>
    {
        using var root = Root();
        if (Open(root, name, out long size) is not { } handle)
            return null;
        using (handle)
            return Read(handle, size <= mostBytes ? size : throw new BundleException(BundleError.TooLarge, $"{name} in {path} has {size} bytes, at most {mostBytes} are read"));
    });

    /// <summary>A whole small blob, of the descriptor's size.</summary>
    public byte[] Read(Descriptor blob) => Guard(() =>
    {
        using var handle = Open(blob);
        return Read(handle, blob.Size);
    });

    /// <summary>Opens a blob after its size was compared.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.NotFound"/>, <see cref="BundleError.SizeMismatch"/> and those of <see cref="Read(string, int)"/>.</exception>
    public SafeFileHandle Open(Descriptor blob) => Guard(() =>
    {
        var folder = Root();
        try
        {
            ulong device = folder.Status().Device;
            foreach (string name in BlobFolders)
            {
                var inner = Folder(folder, name);
                folder.Dispose();
                folder = inner;
            }

            // What is mounted over a folder of the medium is not the medium.
            if (folder.Status().Device != device)
                throw new InvalidDataException("its blobs are on another disk");
            var handle = Open(folder, blob.Digest.Hex, out long size) ?? throw NotFound($"{blob.Digest} is not in {path}");
            if (size == blob.Size)
                return handle;
            handle.Dispose();
            throw new BundleException(BundleError.SizeMismatch, $"{blob.Digest} in {path} has {size} bytes, not {blob.Size}", "It was damaged or not copied to its end: copy it again.");
        }
        finally
        {
            folder.Dispose();
        }
    });

    private FolderHandle Root() => FolderHandle.Open(path) ?? throw NotFound($"{path} is not there");

    private FolderHandle Folder(FolderHandle parent, string name)
    {
        foreach (string written in Spellings(name))
        {
            if (parent.Folder(written) is { } folder)
                return folder;
            if (parent.Status(written) is not null)
                throw new InvalidDataException($"{name} is not a folder");
        }

        throw NotFound($"{path} has no folder {name}");
    }

    private static SafeFileHandle? Open(FolderHandle folder, string name, out long size)
    {
        foreach (string written in Spellings(name))
        {
            if (folder.OpenFile(written, out size) is { } handle)
                return handle;
        }

        size = 0;
        return null;
    }

    /// <summary>A stick that was written where names have no case may come back in capitals.</summary>
    private static string[] Spellings(string name) => [name, name.ToUpperInvariant()];

    private static byte[] Read(SafeFileHandle handle, long size)
    {
        byte[] content = new byte[size];
        int read = 0;
        while (read < content.Length && RandomAccess.Read(handle, content.AsSpan(read), read) is > 0 and int more)
            read += more;
        return content[..read];
    }

    private BundleException NotFound(string message) => new(BundleError.NotFound, message, $"{path} must be an OCI image layout: index.json and blobs/sha256.");

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new BundleException(BundleError.UnsafeFile, $"{path} is refused: {e.Message}", "Write the stick anew: plain files and folders only.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException(BundleError.SourceUnavailable, $"{path} cannot be read: {e.Message}", "Put the stick in again. If it stays so, the stick is broken.", e);
        }
    }
}
