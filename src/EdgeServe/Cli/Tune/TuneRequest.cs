using System.Buffers;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Models.Golden;

namespace EdgeServe.Cli.Tune;

/// <summary>The request that is sent again and again: the first golden sample's first row, or zeros. Its tensors are made once and shared.</summary>
internal sealed class TuneRequest : IDisposable
{
    private readonly List<Tensor> _inputs;
    private readonly int _rows;

    private TuneRequest(List<Tensor> inputs, int rows)
    {
        _inputs = inputs;
        _rows = rows;
    }

    /// <exception cref="ServingException">There is no sample, and zeros cannot be made up for its inputs.</exception>
    public static TuneRequest Create(ServedModel model, ModelFiles files, TensorMemoryPool pool)
    {
        var sample = GoldenFolder.Read(files, model.Definition) is [var first, ..] ? first.Steps[0] : null;
        if (sample is null)
            return new TuneRequest([.. model.Signature.Inputs.Select(i => Warmup.TryZeros(i, pool) ?? throw ServingException.Invalid($"'{model.Key.Name}' has no golden sample, and input '{i.Name}' is too large to make up; put a sample into golden/"))], 1);
        model.Retain();
        using var request = new InferRequest(model) { IsTrial = true };
        using (var reader = new OipRequestReader(request, pool, sample.HeaderLength, sample.Body.Length))
        {
            reader.Read(new ReadOnlySequence<byte>(sample.Body), completed: true);
            reader.Finish();
        }

        RequestRules.Check(request);
        bool one = model.MaxBatchSize > 0 && request.BatchSize > 1 && request.Inputs.TrueForAll(t => t.Type != TensorType.Bytes);
        return new TuneRequest([.. request.Inputs.Select(t => Kept(t, one ? request.BatchSize : 1))], one ? 1 : request.BatchSize);
    }

    /// <summary>One more of it, to be disposed.</summary>
    public InferRequest On(ServedModel model)
    {
        model.Retain();
        var request = new InferRequest(model) { IsTrial = true, BatchSize = _rows };
        foreach (var tensor in _inputs)
        {
            tensor.Memory.Retain();
            request.Inputs.Add(tensor);
        }

        return request;
    }

    public void Dispose() => _inputs.ForEach(t => t.Memory.Release());

    private static Tensor Kept(Tensor tensor, int rows)
    {
        tensor.Memory.Retain();
        return rows == 1 ? tensor : new Tensor(tensor.Name, tensor.Type, [1, .. tensor.Shape[1..]], tensor.Memory, tensor.ByteLength / rows);
    }
}
