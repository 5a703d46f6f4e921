namespace EdgeServe.Engine.Jobs;

/// <summary>Everything the job flow can refuse: a closed set. What storage refuses is <see cref="Storage.StorageError"/>, what the model refuses <see cref="Inference.ServingError"/>.</summary>
public enum JobError
{
    /// <summary>A header of the job's own is not what it must be.</summary>
    InvalidArgument,

    /// <summary>No job of that id belongs to this owner.</summary>
    UnknownJob,

    /// <summary>The Idempotency-Key was used before, for another body.</summary>
    KeyReused,

    /// <summary>The job was here, and is not any more: forgotten, acknowledged or past its retention.</summary>
    Gone,

    /// <summary>The job was here when a disk error took it.</summary>
    Lost,

    /// <summary>As many jobs wait as may.</summary>
    TooManyJobs,

    /// <summary>The job cannot do that in the state it is in.</summary>
    WrongState,
}
