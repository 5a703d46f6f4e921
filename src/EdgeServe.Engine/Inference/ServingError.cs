namespace EdgeServe.Engine.Inference;

/// <summary>
/// Everything the infer flow and the model repository can refuse or fail with: a closed set.
/// The shell maps each to one HTTP status (<c>Http/ErrorResponses.cs</c>) and one gRPC code (<c>Grpc/GrpcErrors.cs</c>).
/// </summary>
public enum ServingError
{
    /// <summary>The request contradicts the protocol or the model's definition.</summary>
    InvalidArgument,

    /// <summary>No model of that name, or no such version.</summary>
    UnknownModel,

    /// <summary>The model is known but not loaded.</summary>
    ModelNotReady,

    /// <summary>The body is larger than <c>Limits:MaxRequestBytes</c>.</summary>
    RequestTooLarge,

    /// <summary>The model's queue is at <c>queue.max_size</c>; safe to retry.</summary>
    QueueFull,

    /// <summary>Tensors in flight would exceed <c>Limits:MaxBytesInFlight</c>; safe to retry.</summary>
    OutOfTensorMemory,

    /// <summary>The model does not fit the model memory budget even after evicting what may be evicted.</summary>
    OutOfModelMemory,

    /// <summary>The request's own timeout ran out, in the queue or while running.</summary>
    DeadlineExceeded,

    /// <summary>The client went away.</summary>
    Cancelled,

    /// <summary>The protocol knows the operation, this server does not offer it.</summary>
    Unsupported,

    /// <summary>Switched off by configuration.</summary>
    Forbidden,

    /// <summary>A load was asked for and failed; what was serving before still serves.</summary>
    LoadFailed,

    /// <summary>The server is stopping.</summary>
    ShuttingDown,

    /// <summary>The engine failed while running the model.</summary>
    RunFailed,

    /// <summary>The device is enrolled: models come from its signed channel only.</summary>
    ChannelOnly,
}
