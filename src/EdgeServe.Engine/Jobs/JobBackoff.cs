using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Jobs;

/// <summary>Which failures pass by themselves, and how long to wait for that.</summary>
internal static class JobBackoff
{
    private const int LongestMs = 5 * 60_000;
    private const int FirstMs = 1000;

    public static bool IsTransient(ServingError error) => error is
        ServingError.ModelNotReady or ServingError.UnknownModel or ServingError.QueueFull or ServingError.OutOfTensorMemory or ServingError.OutOfModelMemory;

    /// <param name="attempt">1: the first failed.</param>
    public static long DelayMs(int attempt) => Math.Min(LongestMs, (long)FirstMs << Math.Min(2 * (attempt - 1), 20));
}
