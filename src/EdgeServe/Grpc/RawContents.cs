using EdgeServe.Engine.Inference;

namespace EdgeServe.Grpc;

/// <summary>One entry of <c>raw_input_contents</c>, in the memory the engine will read it from.</summary>
internal struct RawContents(TensorMemory memory, long length)
{
    /// <summary>Null once the request has taken it.</summary>
    public TensorMemory? Memory = memory;

    public readonly long Length = length;
}
