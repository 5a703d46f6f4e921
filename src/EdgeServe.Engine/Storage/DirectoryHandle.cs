using System.Runtime.InteropServices;

namespace EdgeServe.Engine.Storage;

/// <summary>fsync of a directory, which .NET has no call for: without it a rename may not survive a power cut.</summary>
internal static partial class DirectoryHandle
{
    private const int ReadOnlyDirectory = 0x10000; // O_RDONLY | O_DIRECTORY (linux x64; arm64 differs, see below)
    private const int ReadOnlyDirectoryArm = 0x4000;

    public static void Flush(string directory)
    {
        if (!OperatingSystem.IsLinux())
            return;
        int flags = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? ReadOnlyDirectoryArm : ReadOnlyDirectory;
        int descriptor = Open(directory, flags);
        if (descriptor < 0)
            throw new IOException($"cannot open directory {directory} to flush it: errno {Marshal.GetLastPInvokeError()}");
        try
        {
            if (FSync(descriptor) != 0)
                throw new IOException($"cannot flush directory {directory}: errno {Marshal.GetLastPInvokeError()}");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
