namespace EdgeServe.Engine.Jobs;

/// <summary>An Idempotency-Key that was used.</summary>
/// <param name="Body">16 bytes that stand for everything the request asked for.</param>
/// <param name="Id">The job it made, which may be gone.</param>
internal sealed record JobKey(byte[] Body, JobId Id)
{
    /// <summary>In the place of <see cref="Body"/> when damage left nothing but the key's name.</summary>
    public static byte[] InDoubt { get; } = [0];

    public bool IsInDoubt => Body.Length == InDoubt.Length;
}
