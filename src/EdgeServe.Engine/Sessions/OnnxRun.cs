using EdgeServe.Engine.Inference;
using Microsoft.ML.OnnxRuntime;

namespace EdgeServe.Engine.Sessions;

/// <summary>A reusable run on an <see cref="OnnxSession"/>: its native run options and the scratch arrays of a call.</summary>
internal sealed class OnnxRun(OnnxSession session, TensorMemoryPool pool) : SessionRun
{
    private readonly RunOptions _options = new();
    private readonly string[] _names = new string[session.Signature.Inputs.Length];
    private readonly OrtValue[] _values = new OrtValue[session.Signature.Inputs.Length];
    private volatile bool _terminated;

    public override RunOutputs Run(IReadOnlyList<Tensor> inputs, string[] outputNames)
    {
        for (int i = 0; i < _names.Length; i++)
        {
            _names[i] = inputs[i].Name;
            _values[i] = inputs[i].Type == TensorType.Bytes ? OnnxTensors.Strings(inputs[i]) : OnnxTensors.View(inputs[i]);
        }

        try
        {
            return Collect(session.Native.Run(_options, _names, _values, outputNames), outputNames);
        }
        catch (OnnxRuntimeException e)
        {
            throw new ServingException(ServingError.RunFailed, $"the engine failed: {FirstLine(e.Message)}", inner: e);
        }
        finally
        {
            for (int i = 0; i < _names.Length; i++)
            {
                if (inputs[i].Type == TensorType.Bytes)
                    _values[i].Dispose();
            }
        }
    }

    public override void Terminate()
    {
        _terminated = true;
        _options.Terminate = true;
    }

    public override void Dispose()
    {
        if (_terminated)
            _options.Terminate = _terminated = false;
        session.Return(this);
    }

    internal void Free() => _options.Dispose();

    private RunOutputs Collect(IDisposableReadOnlyCollection<OrtValue> values, string[] names)
    {
        List<TensorMemory>? copies = null;
        long bytes = 0;
        try
        {
            var tensors = new OutputTensor[names.Length];
            for (int i = 0; i < names.Length; i++)
            {
                tensors[i] = View(names[i], values[i], ref copies);
                bytes += tensors[i].ByteLength;
            }

            pool.Account(bytes);
            return new RunOutputs(tensors, copies is null ? values : new Together(values, copies), pool, bytes);
        }
        catch
        {
            copies?.ForEach(c => c.Release());
            values.Dispose();
            throw;
        }
    }

    private unsafe OutputTensor View(string name, OrtValue value, ref List<TensorMemory>? copies)
    {
        var info = value.GetTensorTypeAndShape();
        var type = OnnxTypes.FromOnnx(info.ElementDataType)
            ?? throw new ServingException(ServingError.Unsupported, $"output '{name}' has an element type the protocol does not know: {info.ElementDataType}");
        if (info.ElementCount == 0)
            return new OutputTensor(name, type, info.Shape, 0, 0);
        if (type == TensorType.Bytes)
        {
            var memory = OnnxTensors.ToWire(value, checked((int)info.ElementCount), pool, out long length);
            (copies ??= []).Add(memory);
            return new OutputTensor(name, type, info.Shape, memory.Pointer, length);
        }

        fixed (byte* first = value.GetTensorMutableRawData())
            return new OutputTensor(name, type, info.Shape, (nint)first, info.ElementCount * type.Size());
    }

    internal static string FirstLine(string message)
    {
        int end = message.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }

    private sealed class Together(IDisposable values, List<TensorMemory> copies) : IDisposable
    {
        public void Dispose()
        {
            copies.ForEach(c => c.Release());
            values.Dispose();
        }
    }
}
