using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Inference;

/// <summary>
/// A parsed inference request: tensors in native memory, a lease on the model version that will run them.
/// Disposing gives both back; a run still using them keeps its own references.
/// </summary>
public sealed class InferRequest(ServedModel model) : IDisposable
{
    private RequestedOutput[] _outputs = [];

    /// <summary>The leased model version.</summary>
    public ServedModel Model { get; } = model;

    /// <summary>The client's id, echoed in the answer; null when it sent none.</summary>
    public string? Id { get; set; }

    /// <summary>Whose it is: owners share a model's queue. The same object each time, where that is easy.</summary>
    public string Owner { get; init; } = "";

    /// <summary>One tensor per model input, in the model's order once the request is complete.</summary>
    public List<Tensor> Inputs { get; } = new(model.Signature.Inputs.Length);

    /// <summary>The outputs the client named; empty: all.</summary>
    public RequestedOutput[] Outputs
    {
        get => _outputs;
        set
        {
            _outputs = value;
            OutputNames = value.Length == 0 ? Model.Signature.OutputNames : Array.ConvertAll(value, o => o.Name);
        }
    }

    /// <summary>Names of the outputs to compute.</summary>
    public string[] OutputNames { get; private set; } = model.Signature.OutputNames;

    /// <summary>Default for outputs that do not say whether they want binary bytes; null: JSON.</summary>
    public bool? BinaryDataOutput { get; set; }

    /// <summary>1 is the highest; 0 stands for the default.</summary>
    public uint Priority { get; set; }

    /// <summary>Microseconds from arrival after which the client no longer wants the answer; 0: the model's default.</summary>
    public ulong TimeoutMicroseconds { get; set; }

    /// <summary>Rows in the first dimension; 1 for a model without a batch dimension.</summary>
    public int BatchSize { get; set; } = 1;

    /// <summary>Bytes of all input tensors.</summary>
    public long InputBytes { get; set; }

    /// <summary>The service asks itself (a golden sample): no part of what its clients send.</summary>
    internal bool IsTrial { get; init; }

    /// <summary>Time it waited for an instance; known once it was answered.</summary>
    internal long QueueNanoseconds { get; set; }

    /// <summary>Time of the run that answered it.</summary>
    internal long ComputeNanoseconds { get; set; }

    /// <summary>The header it came with, where that is worth knowing again.</summary>
    internal Oip.KnownHeader? Known { get; set; }

    /// <summary>Does this output travel as binary bytes?</summary>
    public bool WantsBinary(string output)
    {
        foreach (var requested in _outputs)
        {
            if (requested.Name == output)
                return requested.BinaryData ?? BinaryDataOutput ?? false;
        }

        return BinaryDataOutput ?? false;
    }

    public void Dispose()
    {
        foreach (var tensor in Inputs)
            tensor.Memory.Release();
        Inputs.Clear();
        Model.Release();
    }
}
