using System.Buffers;
using System.Buffers.Binary;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>
/// Step 2 of the infer flow: reads an inference request body while it arrives, tensors straight into native memory.
/// <para>The body is one of three, told apart by the header <c>Inference-Header-Content-Length</c> alone: JSON (absent),
/// JSON followed by binary tensors (its length), or the bytes of the only input (0).</para>
/// <para>Give <see cref="Read"/> what has arrived; it takes what it can use. After <see cref="Finish"/> the request is complete.</para>
/// </summary>
public sealed class OipRequestReader : IDisposable
{
    private readonly InferRequest _request;
    private readonly TensorMemoryPool _pool;
    private readonly OipJsonReader? _json;
    private readonly long _bodyLength;
    private readonly long _headerBytes;
    private long _headerLeft;
    private long _taken;
    private List<OipInput>? _binary;
    private int _binaryIndex;
    private TensorBuilder _tensor;
    private long _tensorLeft;
    private bool _takesRestOfBody;

    /// <param name="request">Receives everything.</param>
    /// <param name="pool">Where tensors live.</param>
    /// <param name="headerLength">Value of <c>Inference-Header-Content-Length</c>; null when absent.</param>
    /// <param name="bodyLength">Length of the body after decompression; -1 when unknown.</param>
    /// <exception cref="ServingException">The lengths contradict each other, or a raw request does not suit the model.</exception>
    public OipRequestReader(InferRequest request, TensorMemoryPool pool, long? headerLength, long bodyLength)
    {
        _request = request;
        _pool = pool;
        _bodyLength = bodyLength;
        _tensor = new TensorBuilder(pool);
        _headerBytes = headerLength ?? 0;
        _headerLeft = headerLength ?? long.MaxValue;
        if (headerLength is { } length && bodyLength >= 0 && (length < 0 || length > bodyLength))
            throw HeaderBeyondBody(length);
        if (headerLength == 0)
            RawRequest.CheckModel(request.Model);
        else
            _json = new OipJsonReader(request, pool, headerLength is null ? bodyLength : headerLength.Value);
        IsRaw = headerLength == 0;
        HasHeader = headerLength is not null;
        if (IsRaw && bodyLength > 0)
            _tensor.Reserve(bodyLength);
    }

    private bool IsRaw { get; }

    private bool HasHeader { get; }

    /// <summary>Takes what it can of the bytes that have arrived.</summary>
    /// <param name="buffer">Unread bytes, beginning with those not taken before.</param>
    /// <param name="completed">True when no more bytes will follow.</param>
    /// <returns>How many bytes were taken.</returns>
    /// <exception cref="ServingException">The body breaks the protocol.</exception>
    public long Read(ReadOnlySequence<byte> buffer, bool completed)
    {
        long taken = 0;
        try
        {
            if (_json is { IsDone: false })
                taken = ReadHeader(buffer, completed);
            if (_json is null or { IsDone: true })
                taken += ReadBinary(buffer.Slice(taken), completed);
        }
        catch (FormatException e)
        {
            throw ServingException.Invalid(e is NestingTooDeepException ? e.Message : $"failed to parse the request JSON buffer: {e.Message} at {_taken}");
        }

        _taken += taken;
        return taken;
    }

    /// <summary>Call after the last <see cref="Read"/>: checks that the body was complete and hands the tensors to the request.</summary>
    public void Finish()
    {
        if (_json is { IsDone: false })
            throw ServingException.Invalid($"failed to parse the request JSON buffer: the body ends before the JSON does at {_taken}");
        if (IsRaw)
        {
            RawRequest.Complete(_request, ref _tensor);
            return;
        }

        if (_binary is { } binary && _binaryIndex < binary.Count && !_takesRestOfBody)
            throw ServingException.Invalid($"unexpected end of binary data: input '{binary[_binaryIndex].Name}' lacks {_tensorLeft} bytes");
        if (_takesRestOfBody)
            CompleteTensor();
        if (_json!.Inputs.Find(i => i.Memory is null) is { } unsent)
            throw ServingException.Invalid($"input '{unsent.Name}' has no 'data', and without the header Inference-Header-Content-Length no binary data follows");
        foreach (var input in _json.Inputs)
        {
            var memory = input.Memory!;
            input.Memory = null;
            _request.Inputs.Add(new Tensor(input.Name!, input.Type!.Value, input.Shape!, memory, input.ByteLength));
        }
    }

    public void Dispose()
    {
        _tensor.Dispose();
        _json?.Dispose();
    }

    private long ReadHeader(ReadOnlySequence<byte> buffer, bool completed)
    {
        bool whole = buffer.Length >= _headerLeft;
        if (whole)
            buffer = buffer.Slice(0, _headerLeft);
        else if (completed && HasHeader)
            throw HeaderBeyondBody(_headerLeft + _taken);
        long taken = JsonWindows.Feed(_json!, buffer, whole || completed);
        if (HasHeader)
            _headerLeft -= taken;
        if (_json!.IsDone && HasHeader)
        {
            if (_headerLeft > 0)
                throw new FormatException("the JSON ends before Inference-Header-Content-Length does");
            StartBinary();
            if (_taken == 0 && buffer.IsSingleSegment)
                KnownHeader.Keep(buffer.FirstSpan, _request, _json.Inputs);
        }

        return taken;
    }

    private void StartBinary()
    {
        _binary = [];
        foreach (var input in _json!.Inputs)
        {
            bool unsized = input is { BinaryDataSize: < 0, HasData: false };
            if (unsized && _json.Inputs.Count > 1)
                throw ServingException.Invalid($"input '{input.Name}' must have exactly one of 'data' and parameters.binary_data_size");
            if (unsized && _bodyLength >= 0)
                input.BinaryDataSize = _bodyLength - _headerBytes;
            _takesRestOfBody = unsized && _bodyLength < 0;
            if (input.BinaryDataSize >= 0 || unsized)
                _binary.Add(input);
        }

        PrepareTensor();
    }

    private void PrepareTensor()
    {
        while (_binaryIndex < _binary!.Count && !_takesRestOfBody)
        {
            var input = _binary[_binaryIndex];
            long expected = input.Type == TensorType.Bytes ? input.BinaryDataSize : BinaryTensors.ExpectedBytes(input);
            if (input.BinaryDataSize != expected)
            {
                throw ServingException.Invalid(
                    $"input '{input.Name}' has binary_data_size {input.BinaryDataSize}, but shape {Shape.Text(input.Shape)} of {input.Type!.Value.Name()} takes {expected} bytes");
            }

            _tensorLeft = expected;
            _tensor.Reserve(expected);
            if (expected > 0)
                return;
            CompleteTensor();
        }
    }

    private long ReadBinary(ReadOnlySequence<byte> buffer, bool completed)
    {
        long taken = 0;
        foreach (var segment in buffer)
        {
            var span = segment.Span;
            if (IsRaw || _takesRestOfBody)
            {
                _tensor.Append(span);
                taken += span.Length;
                continue;
            }

            while (span.Length > 0)
            {
                if (_binary is null || _binaryIndex == _binary.Count)
                {
                    throw ServingException.Invalid(_binary is null
                        ? $"failed to parse the request JSON buffer: unexpected bytes behind the JSON at {_taken + taken}"
                        : $"unexpected additional input data for model '{_request.Model.Key.Name}'");
                }

                int part = (int)Math.Min(span.Length, _tensorLeft);
                _tensor.Append(span[..part]);
                _tensorLeft -= part;
                taken += part;
                span = span[part..];
                if (_tensorLeft == 0)
                {
                    CompleteTensor();
                    PrepareTensor();
                }
            }
        }

        return taken;
    }

    private void CompleteTensor()
    {
        var input = _binary![_binaryIndex++];
        input.ByteLength = _tensor.Length;
        input.Memory = _tensor.Detach();
        if (input.Type == TensorType.Bytes)
            BinaryTensors.CheckBytes(input);
        else if (input.Type == TensorType.Bool)
            BinaryTensors.CheckBool(input);
    }

    private static ServingException HeaderBeyondBody(long length) =>
        ServingException.Invalid($"Inference-Header-Content-Length is {length}, which is not within the body");
}
