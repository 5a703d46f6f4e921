using System.Buffers;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>
/// The JSON header of a model's last binary request and what it said. Clients send theirs again byte by byte: one
/// comparison then stands for parsing it, and the answer's header is kept beside it. Requests with an id are not kept.
/// </summary>
internal sealed class KnownHeader
{
    /// <summary>Longer headers are rare and not worth their memory.</summary>
    public const int LongestBytes = 2048;

    private readonly byte[] _header;
    private readonly KnownInput[] _inputs;
    private readonly RequestedOutput[] _outputs;
    private readonly bool? _binaryDataOutput;
    private readonly uint _priority;
    private readonly ulong _timeoutMicroseconds;
    private readonly long _tensorBytes;
    private volatile KnownAnswer? _answer;

    private KnownHeader(ReadOnlySpan<byte> header, InferRequest request, KnownInput[] inputs)
    {
        _header = header.ToArray();
        _inputs = inputs;
        _outputs = request.Outputs;
        _binaryDataOutput = request.BinaryDataOutput;
        _priority = request.Priority;
        _timeoutMicroseconds = request.TimeoutMicroseconds;
        _tensorBytes = inputs.Sum(i => i.Bytes);
    }

    /// <summary>The answer's header as it was last time; null: not known yet.</summary>
    public KnownAnswer? Answer
    {
        get => _answer;
        set => _answer = value;
    }

    /// <summary>Keeps a header that was just parsed, where all it describes is tensors of fixed size.</summary>
    public static void Keep(ReadOnlySpan<byte> header, InferRequest request, List<OipInput> inputs)
    {
        if (header.Length > LongestBytes || request.Id is not null)
            return;
        foreach (var input in inputs)
        {
            if (input.BinaryDataSize < 0 || input.Type is null or TensorType.Bytes or TensorType.Bool)
                return;
        }

        var known = new KnownHeader(header, request, [.. inputs.Select(i => new KnownInput(i.Name!, i.Type!.Value, i.Shape!, i.BinaryDataSize))]);
        request.Model.KnownHeader = known;
        request.Known = known;
    }

    /// <summary>Reads a whole body whose header is the known one.</summary>
    /// <returns>False when it is another: nothing was read.</returns>
    /// <exception cref="ServingException"><see cref="ServingError.OutOfTensorMemory"/>.</exception>
    public static bool TryRead(InferRequest request, TensorMemoryPool pool, long headerLength, ReadOnlySequence<byte> body)
    {
        if (request.Model.KnownHeader is not { } known || headerLength != known._header.Length || !body.IsSingleSegment)
            return false;
        var bytes = body.FirstSpan;
        if (bytes.Length != headerLength + known._tensorBytes || !bytes[..known._header.Length].SequenceEqual(known._header))
            return false;
        known.Fill(request, pool, bytes[known._header.Length..]);
        return true;
    }

    private void Fill(InferRequest request, TensorMemoryPool pool, ReadOnlySpan<byte> tensors)
    {
        request.Known = this;
        request.BinaryDataOutput = _binaryDataOutput;
        request.Priority = _priority;
        request.TimeoutMicroseconds = _timeoutMicroseconds;
        if (_outputs.Length > 0)
            request.Outputs = _outputs;
        foreach (var input in _inputs)
        {
            var memory = pool.Rent(input.Bytes);
            tensors[..(int)input.Bytes].CopyTo(memory.Span(0, (int)input.Bytes));
            tensors = tensors[(int)input.Bytes..];
            request.Inputs.Add(new Tensor(input.Name, input.Type, input.Shape, memory, input.Bytes));
        }
    }

    private readonly record struct KnownInput(string Name, TensorType Type, long[] Shape, long Bytes);
}
