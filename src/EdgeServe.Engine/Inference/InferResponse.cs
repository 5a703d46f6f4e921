namespace EdgeServe.Engine.Inference;

/// <summary>The answer to an <see cref="InferRequest"/>. Its tensors live until it is disposed.</summary>
public sealed class InferResponse : IDisposable
{
    private readonly RunOutputs _owner;
    private readonly TensorMemory[] _own;

    internal InferResponse(InferRequest request, OutputTensor[] tensors, RunOutputs owner, TensorMemory[] own)
    {
        Request = request;
        Tensors = tensors;
        _owner = owner;
        _own = own;
    }

    public InferRequest Request { get; }

    public OutputTensor[] Tensors { get; }

    /// <summary>Of all its tensors.</summary>
    public long Bytes
    {
        get
        {
            long bytes = 0;
            foreach (var tensor in Tensors)
                bytes += tensor.ByteLength;
            return bytes;
        }
    }

    public void Dispose()
    {
        foreach (var memory in _own)
            memory.Release();
        _owner.Release();
    }
}
