using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>
/// Says when something may have come or gone: a mount, seen in the kernel's mount table, or a name in one of the folders
/// looked at, seen by inotify. One thread that sleeps in poll(2); no privileges. A watch does not keep a stick from being
/// unmounted.
/// </summary>
internal sealed partial class ChangeSignal : IDisposable
{
    private const short Readable = 1, Priority = 2, Failed = 8; // POLLIN, POLLPRI, POLLERR
    private const int CloseOnExec = 0x80000, NonBlocking = 0x800;
    private const uint OnlyFolder = 0x01000000, NoFollow = 0x02000000;
    private const uint Events = 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800; // close-write, moved both ways, create, delete, deleted or moved itself
    private const int Interrupted = 4;
    private readonly Channel<bool> _pending = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<string, int> _watches = [];
    private readonly SafeFileHandle? _inotify;
    private readonly SafeFileHandle? _stop;
    private readonly SafeFileHandle? _mounts;
    private readonly Thread? _thread;

    public ChangeSignal()
    {
        if (!OperatingSystem.IsLinux())
            return;
        _inotify = Own(InotifyInit(CloseOnExec | NonBlocking));
        _stop = Own(EventFd(0, CloseOnExec));
        if (_inotify is null || _stop is null)
            return;
        const string table = "/proc/self/mountinfo";
        _mounts = File.Exists(table) ? File.OpenHandle(table, FileMode.Open, FileAccess.Read, FileShare.ReadWrite) : null;
        _thread = new Thread(Listen) { IsBackground = true, Name = "media changes" };
        _thread.Start();
    }

    /// <summary>False where the kernel gives no signals: the caller looks by itself now and then.</summary>
    public bool IsListening => _thread is not null;

    /// <summary>Looks at these folders from now on and at no others. Those that are not there are left out.</summary>
    public void Watch(IReadOnlyCollection<string> folders)
    {
        if (_inotify is null)
            return;
        int descriptor = (int)_inotify.DangerousGetHandle();
        // The kernel answers the same number for the same folder, a new one when another was mounted in its place.
        var present = new Dictionary<string, int>();
        foreach (string folder in folders)
        {
            if (AddWatch(descriptor, folder, Events | OnlyFolder | NoFollow) is >= 0 and int watch)
                present[folder] = watch;
        }

        foreach (int old in _watches.Values.Except(present.Values))
            _ = RemoveWatch(descriptor, old);
        _watches.Clear();
        foreach (var (folder, watch) in present)
            _watches[folder] = watch;
    }

    /// <summary>Completes once something may have changed since the last time it completed.</summary>
    public async Task WaitAsync(CancellationToken cancellation) => await _pending.Reader.ReadAsync(cancellation);

    /// <summary>As if something had changed.</summary>
    public void Set() => _pending.Writer.TryWrite(true);

    public void Dispose()
    {
        if (_thread is not null)
        {
            ulong one = 1;
            _ = Write((int)_stop!.DangerousGetHandle(), ref one, sizeof(ulong));
            _thread.Join();
        }

        _inotify?.Dispose();
        _stop?.Dispose();
        _mounts?.Dispose();
    }

    private void Listen()
    {
        Span<PollEntry> entries =
        [
            new PollEntry((int)_stop!.DangerousGetHandle(), Readable),
            new PollEntry((int)_inotify!.DangerousGetHandle(), Readable),
            new PollEntry((int)(_mounts?.DangerousGetHandle() ?? -1), Priority),
        ];
        Span<byte> events = stackalloc byte[4096];
        while (true)
        {
            int ready = Poll(ref MemoryMarshal.GetReference(entries), (nuint)entries.Length, -1);
            if (ready < 0 && Marshal.GetLastPInvokeError() != Interrupted)
                return;
            if (entries[0].Returned != 0)
                return;
            if (entries[1].Returned != 0)
                _ = Read(entries[1].Descriptor, ref MemoryMarshal.GetReference(events), (nuint)events.Length);
            if (entries[1].Returned != 0 || (entries[2].Returned & (Priority | Failed)) != 0)
                Set();
        }
    }

    private static SafeFileHandle? Own(int descriptor) => descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry(int descriptor, short wanted)
    {
        public int Descriptor = descriptor;
        public short Wanted = wanted;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entries, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, ref byte buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ref ulong value, nuint count);

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int InotifyInit(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int AddWatch(int inotify, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    private static partial int RemoveWatch(int inotify, int watch);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);
}
