using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Grpc;

/// <summary>
/// Step 7 of the infer flow for gRPC: the answer as a message, its tensors straight from the memory the engine left them
/// in. Large ones go in steps that a slow network can follow.
/// </summary>
internal static class InferAnswer
{
    private const int PrefixBytes = 5;
    private const int StepBytes = 256 << 10;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    /// <summary>Writes a <c>ModelInferResponse</c>, or on a stream the <c>ModelStreamInferResponse</c> around it.</summary>
    /// <exception cref="ServingException"><see cref="ServingError.RequestTooLarge"/>; nothing was written.</exception>
    public static ValueTask WriteAsync(PipeWriter body, InferResponse response, bool streamed, int maxBytes, CancellationToken cancellation)
    {
        var scratch = _scratch ??= new ArrayBufferWriter<byte>(1 << 10);
        scratch.ResetWrittenCount();
        Head(new WireWriter(scratch), response, streamed);
        long length = scratch.WrittenCount;
        foreach (var tensor in response.Tensors)
            length += WireWriter.TagBytes + WireWriter.VarintBytes((ulong)tensor.ByteLength) + tensor.ByteLength;
        long outer = streamed ? WireWriter.TagBytes + WireWriter.VarintBytes((ulong)length) : 0;
        if (length + outer > maxBytes)
            throw new ServingException(ServingError.RequestTooLarge, $"the answer of {length} bytes is larger than the {maxBytes} a message may have; ask for fewer rows or outputs, or raise Limits:MaxGrpcMessageBytes");

        Prefix(body, length + outer);
        if (streamed)
            new WireWriter(body).Length(field: 2, length);
        body.Write(scratch.WrittenSpan);
        int next = 0;
        return WriteTensors(body, response.Tensors, ref next, out long offset)
            ? ValueTask.CompletedTask
            : WriteRestAsync(body, response.Tensors, next, offset, cancellation);
    }

    /// <summary>Writes the <c>ModelStreamInferResponse</c> of a request that failed; its id tells which.</summary>
    public static void WriteError(PipeWriter body, string message, string id)
    {
        var text = Encoding.UTF8.GetBytes(message);
        var inner = new ArrayBufferWriter<byte>();
        new WireWriter(inner).Text(field: 3, id);
        var outer = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(outer);
        writer.Bytes(field: 1, text);
        if (inner.WrittenCount > 0)
            writer.Bytes(field: 2, inner.WrittenSpan);
        Prefix(body, outer.WrittenCount);
        body.Write(outer.WrittenSpan);
    }

    /// <summary>Everything but the tensors' bytes.</summary>
    private static void Head(WireWriter writer, InferResponse response, bool streamed)
    {
        var model = response.Request.Model.Key;
        writer.Text(field: 1, model.Name);
        writer.Number(field: 2, model.Version);
        writer.Text(field: 3, response.Request.Id ?? "");
        if (streamed)
            writer.Bytes(field: 4, FinalResponse);
        foreach (var tensor in response.Tensors)
            Describe(writer, in tensor);
    }

    /// <summary>The map entry <c>triton_final_response: true</c>: one request has one answer, and clients of streams look for the last.</summary>
    private static ReadOnlySpan<byte> FinalResponse => "\x0A\x15triton_final_response\x12\x02\x08\x01"u8;

    private static void Describe(WireWriter writer, in OutputTensor tensor)
    {
        string type = tensor.Type.Name();
        int dimensions = 0;
        foreach (long dimension in tensor.Shape)
            dimensions += WireWriter.VarintBytes((ulong)dimension);
        int length = WireWriter.TextBytes(tensor.Name) + WireWriter.TextBytes(type);
        if (dimensions > 0)
            length += WireWriter.TagBytes + WireWriter.VarintBytes((ulong)dimensions) + dimensions;
        writer.Length(field: 5, length);
        writer.Text(field: 1, tensor.Name);
        writer.Text(field: 2, type);
        if (dimensions == 0)
            return;
        writer.Length(field: 3, dimensions);
        foreach (long dimension in tensor.Shape)
            writer.Varint((ulong)dimension);
    }

    /// <returns>False after a step's worth of bytes: flush, and go on from <paramref name="next"/> and <paramref name="offset"/>.</returns>
    private static bool WriteTensors(PipeWriter body, OutputTensor[] tensors, ref int next, out long offset)
    {
        offset = 0;
        int written = 0;
        for (; next < tensors.Length; next++)
        {
            ref readonly var tensor = ref tensors[next];
            new WireWriter(body).Length(field: 6, tensor.ByteLength);
            if (!WritePart(body, in tensor, ref offset, ref written))
                return false;
            offset = 0;
        }

        return true;
    }

    private static bool WritePart(PipeWriter body, in OutputTensor tensor, ref long offset, ref int written)
    {
        int length = (int)Math.Min(tensor.ByteLength - offset, StepBytes - written);
        body.Write(tensor.Slice(offset, length));
        offset += length;
        written += length;
        return offset == tensor.ByteLength;
    }

    private static async ValueTask WriteRestAsync(PipeWriter body, OutputTensor[] tensors, int next, long offset, CancellationToken cancellation)
    {
        while (true)
        {
            await body.FlushAsync(cancellation);
            int written = 0;
            if (!WritePart(body, in tensors[next], ref offset, ref written))
                continue;
            next++;
            if (WriteTensors(body, tensors, ref next, out offset))
                return;
        }
    }

    private static void Prefix(PipeWriter body, long length)
    {
        var prefix = body.GetSpan(PrefixBytes);
        prefix[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix[1..], (uint)length);
        body.Advance(PrefixBytes);
    }
}
