using System.Text.Json;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>The <c>parameters</c> objects of a request, its inputs and its outputs.</summary>
internal static class OipParameters
{
    public static void ReadRequest(ReadOnlySpan<byte> json, InferRequest request)
    {
        var reader = Open(json, "parameters");
        while (Next(ref reader, out string key))
        {
            switch (key)
            {
                case "priority": request.Priority = (uint)Math.Min(Unsigned(ref reader, key), uint.MaxValue); break;
                case "timeout": request.TimeoutMicroseconds = Unsigned(ref reader, key); break;
                case "binary_data_output": request.BinaryDataOutput = Flag(ref reader, key); break;
                default: Other(ref reader, key); break;
            }
        }
    }

    /// <returns><c>binary_data_size</c>, or -1 when absent.</returns>
    public static long ReadInput(ReadOnlySpan<byte> json, string input)
    {
        long size = -1;
        var reader = Open(json, "parameters");
        while (Next(ref reader, out string key))
        {
            if (key == "binary_data_size")
                size = (long)Math.Min(Unsigned(ref reader, key), long.MaxValue);
            else if (key.StartsWith("shared_memory_", StringComparison.Ordinal))
                throw ServingException.Invalid($"input '{input}' asks for shared memory, which this server does not offer; send the tensor as binary data");
            else
                Other(ref reader, key);
        }

        return size;
    }

    public static RequestedOutput[] ReadOutputs(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new FormatException("'outputs' must be an array");
        var outputs = new List<RequestedOutput>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            outputs.Add(ReadOutput(ref reader));
        return [.. outputs];
    }

    public static string Text(ReadOnlySpan<byte> json, string key)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return reader.TokenType == JsonTokenType.String ? JsonText.Unescape(ref reader) : throw new FormatException($"'{key}' must be a string");
    }

    public static long[] Dimensions(ReadOnlySpan<byte> json, string input)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new FormatException($"'shape' of input '{input}' must be an array");
        Span<long> shape = stackalloc long[64];
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long dimension) || dimension < 0)
                throw ServingException.Invalid($"'shape' of input '{input}' must hold whole numbers of 0 or more");
            if (count == shape.Length)
                throw ServingException.Invalid($"'shape' of input '{input}' has more than {shape.Length} dimensions");
            shape[count++] = dimension;
        }

        return shape[..count].ToArray();
    }

    /// <summary>Refuses the names the protocol keeps for itself.</summary>
    public static void CheckReserved(string key)
    {
        if (key.StartsWith("triton_", StringComparison.Ordinal))
            throw ServingException.Invalid($"parameter keys starting with 'triton_' are reserved for Triton usage: '{key}'");
    }

    private static RequestedOutput ReadOutput(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new FormatException("an entry of 'outputs' must be an object");
        string? name = null;
        bool? binary = null;
        int classification = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            string key = JsonText.Unescape(ref reader);
            reader.Read();
            if (key == "name")
                name = reader.TokenType == JsonTokenType.String ? JsonText.Unescape(ref reader) : throw new FormatException("an output's 'name' must be a string");
            else if (key == "parameters")
                ReadOutputParameters(ref reader, name ?? "", ref binary, ref classification);
            else
                reader.Skip();
        }

        return new RequestedOutput(name ?? throw new FormatException("an entry of 'outputs' has no 'name'"), binary, classification);
    }

    private static void ReadOutputParameters(ref Utf8JsonReader reader, string output, ref bool? binary, ref int classification)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new FormatException("an output's 'parameters' must be an object");
        while (Next(ref reader, out string key))
        {
            if (key == "binary_data")
                binary = Flag(ref reader, key);
            else if (key == "classification")
                classification = (int)Math.Min(Unsigned(ref reader, key), int.MaxValue);
            else if (key.StartsWith("shared_memory_", StringComparison.Ordinal))
                throw ServingException.Invalid($"output '{output}' asks for shared memory, which this server does not offer; ask for binary data");
            else
                Other(ref reader, key);
        }
    }

    private static Utf8JsonReader Open(ReadOnlySpan<byte> json, string what)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return reader.TokenType == JsonTokenType.StartObject ? reader : throw new FormatException($"'{what}' must be an object");
    }

    /// <summary>Moves to the next member's value.</summary>
    private static bool Next(ref Utf8JsonReader reader, out string key)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            key = "";
            return false;
        }

        key = JsonText.Unescape(ref reader);
        reader.Read();
        return true;
    }

    private static ulong Unsigned(ref Utf8JsonReader reader, string key)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out ulong value))
            return value;
        if (reader.TokenType == JsonTokenType.String && ulong.TryParse(JsonText.Unescape(ref reader), System.Globalization.NumberStyles.None, null, out value))
            return value;
        throw ServingException.Invalid($"parameter '{key}' must be a whole number of 0 or more");
    }

    private static bool Flag(ref Utf8JsonReader reader, string key) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw ServingException.Invalid($"parameter '{key}' must be true or false"),
    };

    private static void Other(ref Utf8JsonReader reader, string key)
    {
        CheckReserved(key);
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.Null)
            throw ServingException.Invalid($"parameter '{key}' must be a string, a number or a boolean");
    }
}
