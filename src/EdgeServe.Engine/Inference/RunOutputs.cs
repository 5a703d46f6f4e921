namespace EdgeServe.Engine.Inference;

/// <summary>
/// The outputs of one run and the memory under them. The requests of one batch share it: each holds a reference and sees
/// its own rows.
/// </summary>
internal sealed class RunOutputs(OutputTensor[] tensors, IDisposable memory, TensorMemoryPool? accountedIn = null, long accountedBytes = 0)
{
    private int _references = 1;

    public OutputTensor[] Tensors { get; } = tensors;

    public void Retain(int count) => Interlocked.Add(ref _references, count);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) != 0)
            return;
        accountedIn?.Unreserve(accountedBytes);
        memory.Dispose();
    }
}
