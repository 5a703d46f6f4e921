using System.Buffers;
using BenchmarkDotNet.Attributes;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;

namespace EdgeServe.Benchmarks;

/// <summary>The JSON codec on a face-detection answer's worth of floats, beside the runtime's own formatter.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private const int Count = 15_232;
    private readonly float[] _values = new float[Count];
    private readonly byte[] _text = new byte[Count * 32];
    private readonly ArrayBufferWriter<byte> _output = new(1 << 20);

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(3);
        for (int i = 0; i < Count; i++)
            _values[i] = (random.NextSingle() - 0.5f) * 20;
    }

    /// <summary>What the product writes.</summary>
    [Benchmark]
    public unsafe int Write()
    {
        _output.ResetWrittenCount();
        fixed (float* first = _values)
        {
            var text = new Utf8Buffer(_output);
            var tensor = new OutputTensor("y", TensorType.Fp32, [Count], (nint)first, Count * sizeof(float));
            long element = 0, offset = 0;
            TensorText.Write(ref text, in tensor, ref element, ref offset, int.MaxValue);
            text.Flush();
        }

        return _output.WrittenCount;
    }

    /// <summary>The bare formatter: no commas, no bounds.</summary>
    [Benchmark(Baseline = true)]
    public int Format()
    {
        int at = 0;
        foreach (float value in _values)
        {
            value.TryFormat(_text.AsSpan(at), out int written, default, System.Globalization.CultureInfo.InvariantCulture);
            at += written;
        }

        return at;
    }
}
