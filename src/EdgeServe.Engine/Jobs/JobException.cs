namespace EdgeServe.Engine.Jobs;

/// <summary>A refusal of the job flow: what happened and what to do next.</summary>
public sealed class JobException(JobError error, string message, string? hint = null) : Exception(message)
{
    public JobError Error { get; } = error;

    /// <summary>The next step for a human.</summary>
    public string? Hint { get; } = hint;
}
