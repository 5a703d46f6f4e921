namespace EdgeServe.Engine.Telemetry.Samples;

/// <summary>What became of a request whose turn it was.</summary>
internal enum SampleOutcome
{
    /// <summary>Sealed and handed to the outbox.</summary>
    Taken,

    /// <summary>The box is enrolled without a telemetry key, or not at all: nobody could read it.</summary>
    NoKey,

    /// <summary>Larger than a sample may be.</summary>
    TooLarge,

    /// <summary>The day has had its samples.</summary>
    DaySpent,

    /// <summary>Records fill half of the outbox: the rest is for what else there is to tell.</summary>
    OutboxFull,

    /// <summary>Enough wait to be sealed already.</summary>
    Busy,

    /// <summary>For a reason of the service's own; the log has it.</summary>
    Failed,
}
