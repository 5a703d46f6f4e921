using System.Runtime.InteropServices;

namespace EdgeServe.Engine.Inference;

/// <summary>
/// A thread for model runs. Runs on the .NET pool starve everything else on a two-core board; a thread of its own at a
/// slightly lower priority lets the network threads in at once.
/// </summary>
internal static partial class InferenceThread
{
    /// <summary>Runs when nobody else does.</summary>
    public const int LowestNice = 19;

    private const int PriorityOfProcess = 0;

    /// <summary>SCHED_IDLE of Linux; entering it needs no privilege.</summary>
    private const int IdleClass = 5;
    private const int StackBytes = 1 << 20;

    public static void Start(string model, int nice, Action work, int stackBytes = StackBytes)
    {
        var thread = new Thread(() => Run(nice, work), stackBytes)
        {
            IsBackground = true,
            Name = "infer " + model,
        };
        thread.Start();
    }

    private static void Run(int nice, Action work)
    {
        // On Linux the nice level belongs to the thread, and 0 names the calling one. Raising it needs no privilege;
        // where it fails anyway the thread runs at normal priority.
        if (OperatingSystem.IsLinux() && nice != 0)
            _ = SetPriority(PriorityOfProcess, 0, nice);
        // The nice level only divides time; this class also yields the core the moment anybody else wants it.
        if (OperatingSystem.IsLinux() && nice == LowestNice)
            _ = SetScheduler(0, IdleClass, 0);
        work();
        // Every version that is replaced takes its threads along.
        TensorMemoryPool.LeaveThread();
    }

    /// <param name="thread">0: the calling one.</param>
    /// <param name="policy">Scheduling class.</param>
    /// <param name="priority">struct sched_param: 0 in this class.</param>
    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, in int priority);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);
}
