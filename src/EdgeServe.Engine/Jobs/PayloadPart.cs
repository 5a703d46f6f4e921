namespace EdgeServe.Engine.Jobs;

/// <summary>The two payloads a job can have.</summary>
public enum PayloadPart
{
    Request = 0,
    Result = 1,
}
