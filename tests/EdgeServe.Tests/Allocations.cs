namespace EdgeServe.Tests;

/// <summary>What code takes from the heap of its thread.</summary>
internal static class Allocations
{
    private const int Rounds = 10;

    /// <summary>The least of several rounds: now and then the runtime itself allocates, when it compiles anew what is called often.</summary>
    public static long Least(Action action)
    {
        action();
        long least = long.MaxValue;
        for (int i = 0; i < Rounds && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
