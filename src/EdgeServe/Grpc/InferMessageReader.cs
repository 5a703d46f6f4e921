using System.Buffers;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Grpc;

/// <summary>
/// Step 2 of the infer flow for gRPC: decodes a <c>ModelInferRequest</c> while it arrives, raw contents straight into
/// tensor memory. Only what comes in one piece anyway (names, shapes, typed contents) waits to be whole.
/// </summary>
internal sealed class InferMessageReader(TensorMemoryPool pool, long length) : IDisposable
{
    private const int RawContentsField = 7;
    private const int LongestHead = 20;

    private long _left = length;
    private long _reserved;
    private TensorMemory? _raw;
    private long _rawLength;
    private long _rawWritten;

    public InferMessage Message { get; } = new();

    /// <summary>Everything was read.</summary>
    public bool IsDone => _left == 0;

    /// <summary>Takes what it can of the bytes that have arrived, never beyond the message.</summary>
    /// <param name="buffer">Unread bytes, beginning with those not taken before.</param>
    /// <returns>How many bytes were taken.</returns>
    /// <exception cref="ServingException">The message breaks the protocol, or there is no memory for it.</exception>
    public long Read(ReadOnlySequence<byte> buffer)
    {
        if (buffer.Length > _left)
            buffer = buffer.Slice(0, _left);
        try
        {
            long before = _left;
            while (_left > 0 && !buffer.IsEmpty)
            {
                long taken = _raw is null ? ReadField(buffer) : ReadRaw(buffer);
                if (taken == 0)
                    break;
                buffer = buffer.Slice(taken);
                _left -= taken;
            }

            return before - _left;
        }
        catch (FormatException e)
        {
            throw ServingException.Invalid($"failed to parse the ModelInferRequest: {e.Message}");
        }
    }

    public void Dispose()
    {
        Unreserve();
        _raw?.Release();
        _raw = null;
        Message.Dispose();
    }

    private long ReadField(ReadOnlySequence<byte> buffer)
    {
        Span<byte> copy = stackalloc byte[LongestHead];
        scoped var head = buffer.FirstSpan;
        if (head.Length < LongestHead)
        {
            copy = copy[..(int)Math.Min(LongestHead, buffer.Length)];
            buffer.Slice(0, copy.Length).CopyTo(copy);
            head = copy;
        }

        int tagLength = WireReader.TryVarint(head, out ulong tag);
        if (tagLength == 0)
            return NeedMore(buffer);
        WireReader.Tag(tag, out int field, out var type);
        int valueLength = WireReader.TryVarint(head[tagLength..], out ulong value);
        switch (type)
        {
            case WireType.Varint:
                return valueLength == 0 ? NeedMore(buffer) : tagLength + valueLength;
            case WireType.Fixed32 or WireType.Fixed64:
                int whole = tagLength + (type == WireType.Fixed32 ? sizeof(uint) : sizeof(ulong));
                return buffer.Length < whole ? NeedMore(buffer) : whole;
        }

        if (valueLength == 0)
            return NeedMore(buffer);
        int headLength = tagLength + valueLength;
        if (value > (ulong)(_left - headLength))
            throw new FormatException("a field reaches beyond its message");
        if (field == RawContentsField)
        {
            StartRaw((long)value);
            return headLength;
        }

        return ReadWhole(field, buffer, headLength, (long)value);
    }

    private long ReadWhole(int field, ReadOnlySequence<byte> buffer, int headLength, long valueLength)
    {
        if (buffer.Length < headLength + valueLength)
        {
            // It waits in the transport's buffers, which nobody else counts.
            if (_reserved == 0)
            {
                pool.Reserve(valueLength);
                _reserved = valueLength;
            }

            return 0;
        }

        var value = buffer.Slice(headLength, valueLength);
        if (value.IsSingleSegment)
        {
            InferMessageFields.Read(field, value.FirstSpan, Message, pool);
        }
        else
        {
            byte[] whole = ArrayPool<byte>.Shared.Rent((int)valueLength);
            try
            {
                value.CopyTo(whole);
                InferMessageFields.Read(field, whole.AsSpan(0, (int)valueLength), Message, pool);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(whole);
            }
        }

        Unreserve();
        return headLength + valueLength;
    }

    private void StartRaw(long bytes)
    {
        InferMessageFields.CheckCount(Message.Raw.Count, "raw_input_contents");
        _raw = pool.Rent(bytes);
        _rawLength = bytes;
        _rawWritten = 0;
        if (bytes == 0)
            FinishRaw();
    }

    private long ReadRaw(ReadOnlySequence<byte> buffer)
    {
        long take = Math.Min(buffer.Length, _rawLength - _rawWritten);
        foreach (var segment in buffer.Slice(0, take))
        {
            segment.Span.CopyTo(_raw!.Span(_rawWritten, segment.Length));
            _rawWritten += segment.Length;
        }

        if (_rawWritten == _rawLength)
            FinishRaw();
        return take;
    }

    private void FinishRaw()
    {
        Message.Raw.Add(new RawContents(_raw!, _rawLength));
        _raw = null;
    }

    /// <returns>0, where more can still come.</returns>
    private long NeedMore(ReadOnlySequence<byte> buffer) =>
        buffer.Length < _left ? 0 : throw new FormatException("the last field is cut off");

    private void Unreserve()
    {
        pool.Unreserve(_reserved);
        _reserved = 0;
    }
}
