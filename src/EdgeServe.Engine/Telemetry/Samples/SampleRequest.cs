using System.Buffers;
using System.Text.Json;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Telemetry.Samples;

/// <summary>
/// A sample as a request that any server of the Open Inference Protocol answers: a JSON header with the client's id and the
/// inputs, then their tensors in the binary format. <c>Inference-Header-Content-Length</c> is the header's length.
/// </summary>
internal static class SampleRequest
{
    /// <returns>Null: larger than <paramref name="most"/>.</returns>
    public static (byte[] Content, int HeaderBytes)? Write(InferRequest request, int most)
    {
        long bytes = 0;
        foreach (var tensor in request.Inputs)
            bytes += tensor.ByteLength;
        if (bytes > most)
            return null;
        var header = Header(request);
        bytes += header.Length;
        if (bytes > most)
            return null;
        byte[] content = new byte[bytes];
        header.CopyTo(content);
        int at = header.Length;
        foreach (var tensor in request.Inputs)
        {
            tensor.Bytes.CopyTo(content.AsSpan(at));
            at += (int)tensor.ByteLength;
        }

        return (content, header.Length);
    }

    private static ReadOnlySpan<byte> Header(InferRequest request)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        if (request.Id is { } id)
            json.WriteString("id", id);
        json.WriteStartArray("inputs");
        foreach (var tensor in request.Inputs)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("datatype", tensor.Type.Name());
            json.WriteStartArray("shape");
            foreach (long dimension in tensor.Shape)
                json.WriteNumberValue(dimension);
            json.WriteEndArray();
            json.WriteStartObject("parameters");
            json.WriteNumber("binary_data_size", tensor.ByteLength);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }
}
