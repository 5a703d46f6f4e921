namespace EdgeServe.Engine.Jobs;

/// <summary>Where a job's request or result is.</summary>
public enum PayloadPlace
{
    None = 0,
    Database = 1,
    File = 2,
}
