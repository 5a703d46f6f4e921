using System.Buffers.Binary;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Bundles.Registry;

/// <summary>
/// When a source may be asked again, in the device's running time and over restarts: a box that reboots in a loop does not
/// hammer the server.
/// </summary>
/// <param name="file">Keeps it.</param>
/// <param name="runningTime">Milliseconds the device has been running, over all boots.</param>
public sealed class RetryState(DoubledFile file, Func<long> runningTime)
{
    private const long FirstWait = 30_000;
    private const long LongestWait = 6 * 60 * 60 * 1000L;
    private const int MostDoublings = 10;
    private readonly Lock _gate = new();
    private (int Attempts, long NotBefore)? _state;

    /// <summary>Failures in a row.</summary>
    public int Attempts => Current.Attempts;

    /// <summary>How long to wait; zero: try now.</summary>
    public TimeSpan Wait => TimeSpan.FromMilliseconds(Math.Clamp(Current.NotBefore - runningTime(), 0, LongestWait));

    private (int Attempts, long NotBefore) Current
    {
        get
        {
            lock (_gate)
            {
                return _state ??= file.Read() is { Length: 12 } kept
                    ? (BinaryPrimitives.ReadInt32LittleEndian(kept), BinaryPrimitives.ReadInt64LittleEndian(kept.AsSpan(4)))
                    : (0, 0);
            }
        }
    }

    /// <summary>An attempt failed: the next waits twice as long, 30 s to 6 h, spread by a quarter so that a fleet does not come at once.</summary>
    public void Failed()
    {
        int attempts = Math.Min(Current.Attempts, int.MaxValue - 1) + 1;
        long wait = Math.Min(LongestWait, FirstWait << Math.Min(attempts - 1, MostDoublings));
        Keep(attempts, runningTime() + wait - Random.Shared.NextInt64(wait / 4));
    }

    /// <summary>The source answered.</summary>
    public void Succeeded()
    {
        if (Current.Attempts > 0)
            Keep(0, 0);
    }

    private void Keep(int attempts, long notBefore)
    {
        lock (_gate)
        {
            Span<byte> state = stackalloc byte[12];
            BinaryPrimitives.WriteInt32LittleEndian(state, attempts);
            BinaryPrimitives.WriteInt64LittleEndian(state[4..], notBefore);
            file.Write(state);
            _state = (attempts, notBefore);
        }
    }
}
