using System.Collections.Concurrent;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using Microsoft.ML.OnnxRuntime;

namespace EdgeServe.Engine.Sessions;

/// <summary>A graph in ONNX Runtime.</summary>
internal sealed class OnnxSession : ISession
{
    private readonly ConcurrentStack<OnnxRun> _runs = new();
    private readonly TensorMemoryPool _pool;

    public OnnxSession(InferenceSession native, TensorMemoryPool pool, string provider, string? providerNote)
    {
        Native = native;
        _pool = pool;
        Provider = provider;
        ProviderNote = providerNote;
        Signature = new ModelSignature(
            Specs(native.InputNames, native.InputMetadata, "input"),
            Specs(native.OutputNames, native.OutputMetadata, "output"));
    }

    internal InferenceSession Native { get; }

    public ModelSignature Signature { get; }

    public string Provider { get; }

    public string? ProviderNote { get; }

    public SessionRun RentRun() => _runs.TryPop(out var run) ? run : new OnnxRun(this, _pool);

    internal void Return(OnnxRun run) => _runs.Push(run);

    public void Dispose()
    {
        while (_runs.TryPop(out var run))
            run.Free();
        Native.Dispose();
    }

    private static TensorSpec[] Specs(IReadOnlyList<string> names, IReadOnlyDictionary<string, NodeMetadata> metadata, string what) =>
        [.. names.Select(name => Spec(name, metadata[name], what))];

    private static TensorSpec Spec(string name, NodeMetadata node, string what)
    {
        if (node.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR)
        {
            throw new ServingException(ServingError.LoadFailed,
                $"{what} '{name}' is not a tensor ({node.OnnxValueType})",
                "Only tensors are served. Export the model without maps and sequences (for scikit-learn: zipmap off).");
        }

        var type = OnnxTypes.FromOnnx(node.ElementDataType) ?? throw new ServingException(ServingError.LoadFailed,
            $"{what} '{name}' has element type {node.ElementDataType}, which the protocol does not know",
            "Add a Cast to a supported type when exporting the model.");
        return new TensorSpec(name, type, Array.ConvertAll(node.Dimensions, d => (long)d));
    }
}
