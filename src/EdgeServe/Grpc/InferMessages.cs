using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Grpc;

/// <summary>
/// The requests of one call, out of its body: each message five bytes in front (packed or not, length) and its encoding.
/// After a message that could not be read the next call of <see cref="ReadAsync"/> goes on behind it.
/// </summary>
internal sealed class InferMessages(PipeReader body, string? encoding, TensorMemoryPool pool, int maxBytes)
{
    private const int PrefixBytes = 5;

    /// <summary>Bytes of the current message still in the body.</summary>
    private long _left;

    /// <summary>The body itself makes no sense: there is no next message to find.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Id of the message that could not be read, as far as it came.</summary>
    public string FailedId { get; private set; } = "";

    /// <returns>Null when the client has sent its last. The caller disposes the message.</returns>
    /// <exception cref="ServingException">This message cannot be read.</exception>
    public async ValueTask<InferMessage?> ReadAsync(CancellationToken cancellation)
    {
        FailedId = "";
        await SkipAsync(cancellation);
        while (true)
        {
            var result = await body.ReadAsync(cancellation);
            var buffer = result.Buffer;
            if (buffer.Length >= PrefixBytes)
            {
                bool packed = Prefix(buffer);
                body.AdvanceTo(buffer.GetPosition(PrefixBytes));
                if (_left > maxBytes)
                    throw TooLarge(_left);
                return packed ? await ReadPackedAsync(cancellation) : await ReadPlainAsync(cancellation);
            }

            body.AdvanceTo(buffer.Start, buffer.End);
            if (!result.IsCompleted)
                continue;
            return buffer.IsEmpty ? null : throw Broken("ends inside a message's length");
        }
    }

    private async ValueTask<InferMessage> ReadPlainAsync(CancellationToken cancellation)
    {
        var reader = new InferMessageReader(pool, _left);
        try
        {
            while (!reader.IsDone)
            {
                var result = await body.ReadAsync(cancellation);
                Take(reader, result.Buffer);
                if (result.IsCompleted && !reader.IsDone)
                    throw Broken($"ends {_left} bytes before its message does");
            }

            return reader.Message;
        }
        catch
        {
            FailedId = reader.Message.Id;
            reader.Dispose();
            throw;
        }
    }

    /// <summary>The body's reader is given back its buffer whatever happens.</summary>
    private void Take(InferMessageReader reader, ReadOnlySequence<byte> buffer)
    {
        long taken = 0;
        try
        {
            taken = reader.Read(buffer);
        }
        finally
        {
            _left -= taken;
            var examined = taken == 0 || _left > 0 ? buffer.End : buffer.GetPosition(taken);
            body.AdvanceTo(buffer.GetPosition(taken), examined);
        }
    }

    /// <summary>A compressed message is held whole, packed and unpacked, before it is decoded: rare, and bounded.</summary>
    private async ValueTask<InferMessage> ReadPackedAsync(CancellationToken cancellation)
    {
        if (encoding is not ("gzip" or "deflate"))
            throw new ServingException(ServingError.Unsupported, $"grpc-encoding '{WireText.Shorten(encoding ?? "")}' is not supported; use gzip, deflate or identity");
        pool.Reserve(_left);
        long reserved = _left;
        try
        {
            var packed = new MemoryStream((int)_left);
            while (_left > 0)
            {
                var result = await body.ReadAsync(cancellation);
                var part = result.Buffer.Slice(0, Math.Min(_left, result.Buffer.Length));
                foreach (var segment in part)
                    packed.Write(segment.Span);
                _left -= part.Length;
                body.AdvanceTo(part.End);
                if (result.IsCompleted && _left > 0)
                    throw Broken($"ends {_left} bytes before its message does");
            }

            packed.Position = 0;
            return Decode(Unpack(packed));
        }
        finally
        {
            pool.Unreserve(reserved);
        }
    }

    private MemoryStream Unpack(MemoryStream packed)
    {
        using Stream decoder = encoding == "gzip" ? new GZipStream(packed, CompressionMode.Decompress) : new ZLibStream(packed, CompressionMode.Decompress);
        var plain = new MemoryStream();
        byte[] chunk = new byte[64 << 10];
        try
        {
            int read;
            while ((read = decoder.Read(chunk)) > 0)
            {
                if (plain.Length + read > maxBytes)
                    throw TooLarge(plain.Length + read);
                plain.Write(chunk, 0, read);
            }
        }
        catch (InvalidDataException e)
        {
            throw ServingException.Invalid($"failed to unpack the message: {e.Message}");
        }

        return plain;
    }

    private InferMessage Decode(MemoryStream plain)
    {
        var reader = new InferMessageReader(pool, plain.Length);
        try
        {
            reader.Read(new ReadOnlySequence<byte>(plain.GetBuffer(), 0, (int)plain.Length));
            return reader.Message;
        }
        catch
        {
            FailedId = reader.Message.Id;
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Passes over what is left of a message that was given up.</summary>
    private async ValueTask SkipAsync(CancellationToken cancellation)
    {
        while (_left > 0)
        {
            var result = await body.ReadAsync(cancellation);
            long part = Math.Min(_left, result.Buffer.Length);
            _left -= part;
            body.AdvanceTo(result.Buffer.GetPosition(part));
            if (result.IsCompleted && _left > 0)
                throw Broken($"ends {_left} bytes before its message does");
        }
    }

    private bool Prefix(ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        buffer.Slice(0, PrefixBytes).CopyTo(prefix);
        _left = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (prefix[0] > 1)
            throw Broken("has a message that is neither packed nor plain");
        return prefix[0] == 1;
    }

    private ServingException Broken(string how)
    {
        IsBroken = true;
        _left = 0;
        return ServingException.Invalid($"the call's body {how}");
    }

    private ServingException TooLarge(long bytes) =>
        new(ServingError.RequestTooLarge, $"the message of {bytes} bytes is larger than the {maxBytes} that are accepted; send fewer rows at a time, or raise Limits:MaxGrpcMessageBytes");
}
