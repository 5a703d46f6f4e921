using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Device.Lights;

/// <summary>Calls back at each edge of a line: one thread that sleeps in poll(2) until the kernel saw one.</summary>
internal sealed partial class LineEvents : IDisposable
{
    private const short Readable = 1; // POLLIN
    private const int CloseOnExec = 0x80000;
    private const int Interrupted = 4;
    private const int EventBytes = 48; // struct gpio_v2_line_event: time, then which edge
    private const int EdgeOffset = 8;
    private const uint Rising = 1;
    private readonly SafeFileHandle _line;
    private readonly SafeFileHandle _stop;
    private readonly Action<bool> _moved;
    private readonly Thread _thread;

    /// <param name="line">Stays the caller's, and open until this is disposed.</param>
    /// <param name="moved">True: upwards.</param>
    public LineEvents(SafeFileHandle line, Action<bool> moved)
    {
        int stop = EventFd(0, CloseOnExec);
        if (stop < 0)
            throw new IOException($"no signal for its edges: {Marshal.GetLastPInvokeErrorMessage()}");
        _stop = new SafeFileHandle(stop, ownsHandle: true);
        _line = line;
        _moved = moved;
        _thread = new Thread(Listen) { IsBackground = true, Name = "button" };
        _thread.Start();
    }

    public void Dispose()
    {
        ulong one = 1;
        _ = Write(_stop, ref one, sizeof(ulong));
        _thread.Join();
        _stop.Dispose();
    }

    private void Listen()
    {
        Span<PollEntry> entries = [new PollEntry((int)_stop.DangerousGetHandle()), new PollEntry((int)_line.DangerousGetHandle())];
        Span<byte> edge = stackalloc byte[EventBytes];
        while (true)
        {
            int ready = Poll(ref MemoryMarshal.GetReference(entries), (nuint)entries.Length, -1);
            if (ready < 0 && Marshal.GetLastPInvokeError() != Interrupted)
                return;
            if (ready <= 0)
                continue;
            // Asked to stop, or the line is of no use any more.
            if (entries[0].Returned != 0 || (entries[1].Returned & Readable) == 0)
                return;
            if (Read(_line, ref MemoryMarshal.GetReference(edge), EventBytes) == EventBytes)
                _moved(MemoryMarshal.Read<uint>(edge[EdgeOffset..]) == Rising);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry(int descriptor)
    {
        public int Descriptor = descriptor;
        public short Wanted = Readable;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entries, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle file, ref byte buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle file, ref ulong value, nuint count);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);
}
