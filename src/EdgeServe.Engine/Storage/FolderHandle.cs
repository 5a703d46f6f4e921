using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Storage;

/// <summary>
/// A foreign folder held open. Names in it are opened relative to it and never through a link, so that nothing on it
/// can lead out of it, not even when it changes between two calls. Linux only.
/// </summary>
internal sealed partial class FolderHandle : IDisposable
{
    private const int ReadOnly = 0, ReadWrite = 2, Create = 0x40, Exclusive = 0x80, NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const int NameTooLong = 36, LinkMet = 40, NotFolder = 20, Missing = 2, NoSuchDevice = 6;
    private const uint FileMode = 0x1A4; // 0644, what a FAT stick makes of it
    private const uint FolderMode = 0x1ED; // 0755
    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly int FolderOnly = Arm ? 0x4000 : 0x10000;
    private static readonly int NoFollow = Arm ? 0x8000 : 0x20000;
    private readonly SafeFileHandle _handle;

    private FolderHandle(SafeFileHandle handle, string path)
    {
        _handle = handle;
        Path = path;
    }

    /// <summary>For people, and for listing names.</summary>
    public string Path { get; }

    /// <returns>Null when it is not there, or not a folder but a link or a file.</returns>
    /// <exception cref="IOException">Anything else.</exception>
    public static FolderHandle? Open(string path) => Wrap(OpenAt(-100, path, ReadOnly | FolderOnly | NoFollow | CloseOnExec, 0), path);

    /// <returns>Null when it is not there, or not a folder but a link or a file.</returns>
    public FolderHandle? Folder(string name) => Wrap(At(name, ReadOnly | FolderOnly | NoFollow | CloseOnExec, 0), System.IO.Path.Combine(Path, name));

    /// <summary>Opens the folder, making it if need be.</summary>
    public FolderHandle FolderOrNew(string name)
    {
        if (Folder(name) is { } there)
            return there;
        if (MakeFolderAt(Descriptor, name, FolderMode) != 0)
            throw Failure(name);
        return Folder(name) ?? throw new IOException($"{name} in {Path} is a link");
    }

    /// <summary>What a name stands for, links not followed; null when it stands for nothing.</summary>
    public FileStatus? Status(string name)
    {
        Span<byte> buffer = stackalloc byte[FileStatus.Bytes];
        return StatX(Descriptor, name, FileStatus.NoFollow, FileStatus.Mask, ref MemoryMarshal.GetReference(buffer)) == 0 ? FileStatus.Of(buffer) : null;
    }

    /// <summary>Of the folder itself.</summary>
    public FileStatus Status()
    {
        Span<byte> buffer = stackalloc byte[FileStatus.Bytes];
        if (StatX(Descriptor, "", FileStatus.EmptyPath, FileStatus.Mask, ref MemoryMarshal.GetReference(buffer)) != 0)
            throw Failure("");
        return FileStatus.Of(buffer);
    }

    /// <summary>Reads a small plain file.</summary>
    /// <param name="name">In this folder.</param>
    /// <param name="mostBytes">Asked before any is read.</param>
    /// <returns>Null when there is no such name.</returns>
    /// <exception cref="InvalidDataException">It is larger, or no plain file of this file system.</exception>
    public byte[]? Read(string name, int mostBytes)
    {
        using var handle = OpenFile(name, out long size);
        if (handle is null)
            return null;
        if (size > mostBytes)
            throw new InvalidDataException($"{name} is larger than the {mostBytes >> 10} KiB it may have");
        byte[] content = new byte[(int)size];
        int read = 0;
        while (read < content.Length && RandomAccess.Read(handle, content.AsSpan(read), read) is > 0 and int more)
            read += more;
        return content[..read];
    }

    /// <summary>Everything written to the folder's file system is on it when this returns.</summary>
    public void FlushAll()
    {
        if (SyncFileSystem(_handle) != 0)
            throw new IOException($"what was written to {Path} may not be on it: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Opens a plain file for reading.</summary>
    /// <param name="name">In this folder.</param>
    /// <param name="size">In bytes, before any is read.</param>
    /// <returns>Null when there is no such name.</returns>
    /// <exception cref="InvalidDataException">It is a link, a pipe, a device or a file of another file system.</exception>
    public SafeFileHandle? OpenFile(string name, out long size)
    {
        size = 0;
        // A pipe that nobody writes to must not hold the reader.
        int descriptor = At(name, ReadOnly | NoFollow | NonBlocking | CloseOnExec, 0);
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() switch
            {
                Missing or NameTooLong => null,
                LinkMet => throw new InvalidDataException($"{name} is a link, not a file"),
                NoSuchDevice => throw new InvalidDataException($"{name} is not a plain file"),
                _ => throw Failure(name),
            };
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            Span<byte> buffer = stackalloc byte[FileStatus.Bytes];
            if (StatX(descriptor, "", FileStatus.EmptyPath, FileStatus.Mask, ref MemoryMarshal.GetReference(buffer)) != 0)
                throw Failure(name);
            var status = FileStatus.Of(buffer);
            if (!status.IsFile || status.Device != Status().Device)
                throw new InvalidDataException($"{name} is not a plain file");
            size = status.Size;
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Gives the name this content, whatever stood there: the old or the new, never a part. Durable when it returns.</summary>
    /// <param name="name">In this folder.</param>
    /// <param name="content">All of it.</param>
    /// <param name="temporary">What it is called until then; what an earlier attempt left under it is deleted. Null: any name.</param>
    public void Replace(string name, ReadOnlySpan<byte> content, string? temporary = null)
    {
        if (temporary is not null)
            Delete(temporary);
        temporary ??= $".{name}.{Guid.NewGuid().ToString("N")[..8]}.tmp";
        int descriptor = At(temporary, ReadWrite | Create | Exclusive | NoFollow | CloseOnExec, FileMode);
        if (descriptor < 0)
            throw Failure(temporary);
        try
        {
            using (var handle = new SafeFileHandle(descriptor, ownsHandle: true))
            {
                RandomAccess.Write(handle, content, 0);
                RandomAccess.FlushToDisk(handle);
            }

            if (RenameAt(Descriptor, temporary, Descriptor, name) != 0)
                throw Failure(name);
        }
        catch
        {
            _ = UnlinkAt(Descriptor, temporary, 0);
            throw;
        }

        // FAT and others cannot; the rename is on its way all the same.
        _ = FSync(Descriptor);
    }

    /// <summary>Takes a name away; a name that is not there is no error.</summary>
    public void Delete(string name)
    {
        if (UnlinkAt(Descriptor, name, 0) != 0 && Marshal.GetLastPInvokeError() != Missing)
            throw Failure(name);
    }

    public void Dispose() => _handle.Dispose();

    private int Descriptor => (int)_handle.DangerousGetHandle();

    private int At(string name, int flags, uint mode) => OpenAt(Descriptor, name, flags, mode);

    private static FolderHandle? Wrap(int descriptor, string path) => descriptor >= 0
        ? new FolderHandle(new SafeFileHandle(descriptor, ownsHandle: true), path)
        : Marshal.GetLastPInvokeError() is Missing or NotFolder or LinkMet or NameTooLong ? null : throw Failed(path);

    private IOException Failure(string name) => Failed(System.IO.Path.Combine(Path, name));

    private static IOException Failed(string path)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFileSystem(SafeFileHandle folder);

    [LibraryImport("libc", EntryPoint = "openat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenAt(int folder, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int MakeFolderAt(int folder, string name, uint mode);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int StatX(int folder, string name, int flags, uint mask, ref byte status);

    [LibraryImport("libc", EntryPoint = "renameat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int RenameAt(int oldFolder, string oldName, int newFolder, string newName);

    [LibraryImport("libc", EntryPoint = "unlinkat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int UnlinkAt(int folder, string name, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);
}
