namespace EdgeServe.Engine.Telemetry.Samples;

/// <summary>Whose turn it is: one in so many, from a chance beginning, so that restarts neither favour the first request nor never get to one.</summary>
internal sealed class SampleTurns(int oneIn)
{
    private long _seen = Random.Shared.Next(oneIn);

    /// <summary>Costs one addition.</summary>
    public bool Next() => Interlocked.Increment(ref _seen) % oneIn == 0;
}
