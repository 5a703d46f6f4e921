using System.ComponentModel;
using System.Runtime.InteropServices;

namespace EdgeServe.Engine.Inference;

/// <summary>
/// A wake-up that goes through the kernel and no lock of the runtime's: a thread of low priority that is preempted while
/// it wakes another must hold nothing that others wait for. Linux's eventfd.
/// </summary>
internal sealed partial class KernelSignal : IDisposable
{
    private const int Interrupted = 4; // EINTR
    private readonly int _descriptor;

    public KernelSignal()
    {
        _descriptor = EventFd(0, 0);
        if (_descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "eventfd failed");
    }

    public void Set()
    {
        ulong one = 1;
        while (Write(_descriptor, ref one, sizeof(ulong)) < 0)
            CheckInterrupted();
    }

    public void Wait()
    {
        ulong count = 0;
        while (Read(_descriptor, ref count, sizeof(ulong)) < 0)
            CheckInterrupted();
    }

    public void Dispose() => _ = Close(_descriptor);

    private static void CheckInterrupted()
    {
        if (Marshal.GetLastPInvokeError() != Interrupted)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "eventfd failed");
    }

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, ref ulong buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ref ulong buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
