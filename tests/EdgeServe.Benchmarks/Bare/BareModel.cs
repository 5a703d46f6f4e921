using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace EdgeServe.Bare;

/// <summary>A session with the product's own session settings, and one input of zeros with every unknown dimension 1 (widths of text lines 320).</summary>
internal sealed class BareModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly string[] _inputs;
    private readonly string[] _outputs;
    private readonly long[] _shape;

    public BareModel(string path)
    {
        _session = Open(path);
        _inputs = [_session.InputNames[0]];
        _outputs = [.. _session.OutputNames];
        var dimensions = _session.InputMetadata[_inputs[0]].Dimensions;
        _shape = [.. dimensions.Select((d, i) => d > 0 ? (long)d : i == 0 ? 1 : i == dimensions.Length - 1 ? 320 : 48)];
        Elements = checked((int)_shape.Aggregate(1L, (a, b) => a * b));
    }

    public int Elements { get; }

    public IReadOnlyList<string> OutputNames => _outputs;

    /// <summary>Runs on the caller's thread over the given memory.</summary>
    public IDisposableReadOnlyCollection<OrtValue> Run(OrtValue input) => _session.Run(_options, _inputs, [input], _outputs);

    public OrtValue Over(nint memory) =>
        OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, _shape, memory, (long)Elements * sizeof(float));

    public unsafe nint NewInput()
    {
        void* memory = NativeMemory.AlignedAlloc((nuint)Elements * sizeof(float), 64);
        new Span<float>(memory, Elements).Fill(0.5f);
        return (nint)memory;
    }

    /// <summary>
    /// As exact as the product: x64 without VNNI is faster and wrong on int8 models unless asked to be exact, and runs those
    /// in floating point whose graph the engine cannot rewrite so.
    /// </summary>
    private static InferenceSession Open(string path)
    {
        try
        {
            return new InferenceSession(path, Options("session.x64quantprecision"));
        }
        catch (OnnxRuntimeException)
        {
            return new InferenceSession(path, Options("session.disable_quant_qdq"));
        }
    }

    private static Microsoft.ML.OnnxRuntime.SessionOptions Options(string exactness)
    {
        var options = new Microsoft.ML.OnnxRuntime.SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        options.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
        options.AddSessionConfigEntry(exactness, "1");
        return options;
    }

    public void Dispose() => _session.Dispose();
}
