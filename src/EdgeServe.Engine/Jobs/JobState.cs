namespace EdgeServe.Engine.Jobs;

/// <summary>Where a job is in its life. The numbers are in the database: append only.</summary>
public enum JobState
{
    Queued = 0,
    Running = 1,
    Succeeded = 2,
    Failed = 3,
    Cancelled = 4,

    /// <summary>Its <c>Edge-Not-After</c> passed before it was done.</summary>
    Expired = 5,
}
