using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;

namespace EdgeServe.Grpc;

/// <summary>The fields of a <c>ModelInferRequest</c> other than raw contents, each in one piece.</summary>
internal static class InferMessageFields
{
    /// <summary>More of these than any model has; what a hostile message could otherwise multiply.</summary>
    public const int MaxTensors = 1024;

    private const int MaxDimensions = 64;

    /// <exception cref="ServingException">The field contradicts the protocol.</exception>
    /// <exception cref="FormatException">Not protobuf.</exception>
    public static void Read(int field, ReadOnlySpan<byte> value, InferMessage message, TensorMemoryPool pool)
    {
        switch (field)
        {
            case 1: message.ModelName = WireText.Read(value); break;
            case 2: message.ModelVersion = WireText.Read(value); break;
            case 3: message.Id = WireText.Read(value); break;
            case 4: RequestParameter(new InferParameter(value), message); break;
            case 5: Input(value, message, pool); break;
            case 6: Output(value, message); break;
        }
    }

    public static void CheckCount(int count, string list)
    {
        if (count >= MaxTensors)
            throw ServingException.Invalid($"{list} has more than {MaxTensors} entries");
    }

    private static void RequestParameter(InferParameter parameter, InferMessage message)
    {
        switch (parameter.Key)
        {
            case "priority": message.Priority = (uint)Math.Min(parameter.Unsigned(), uint.MaxValue); break;
            case "timeout": message.TimeoutMicroseconds = parameter.Unsigned(); break;
            // Asks for a flag that tells the last response of several; here every request has exactly one.
            case "triton_enable_empty_final_response": break;
            default: parameter.CheckOther(); break;
        }
    }

    /// <summary>Twice over the message: what the contents mean is known only when everything else has been read.</summary>
    private static void Input(ReadOnlySpan<byte> value, InferMessage message, TensorMemoryPool pool)
    {
        CheckCount(message.Inputs.Count, "inputs");
        var input = new InferInput();
        message.Inputs.Add(input);
        bool hasContents = Describe(value, input);
        if (!hasContents)
            return;
        var tensor = new TensorBuilder(pool);
        try
        {
            var reader = new WireReader(value);
            while (reader.TryReadTag(out int field, out var type))
            {
                if (field == 5)
                    TensorContents.Read(reader.Bytes(type), input, ref tensor);
                else
                    reader.Skip(type);
            }

            if (input.Elements == 0)
                return;
            input.ContentsLength = tensor.Length;
            input.Contents = tensor.Detach();
        }
        finally
        {
            tensor.Dispose();
        }
    }

    private static bool Describe(ReadOnlySpan<byte> value, InferInput input)
    {
        bool hasContents = false;
        Span<long> shape = stackalloc long[MaxDimensions];
        int rank = 0;
        var reader = new WireReader(value);
        while (reader.TryReadTag(out int field, out var type))
        {
            switch (field)
            {
                case 1: input.Name = WireText.Read(reader.Bytes(type)); break;
                case 2: input.Type = Datatype(reader.Bytes(type), input); break;
                case 3 when type == WireType.Length: Dimensions(reader.Bytes(type), shape, ref rank, input); break;
                case 3: Dimension(reader.Varint(type), shape, ref rank, input); break;
                case 4: InputParameter(new InferParameter(reader.Bytes(type)), input); break;
                default:
                    hasContents |= field == 5;
                    reader.Skip(type);
                    break;
            }
        }

        input.Shape = shape[..rank].ToArray();
        return hasContents;
    }

    private static TensorType? Datatype(ReadOnlySpan<byte> name, InferInput input)
    {
        if (name.IsEmpty)
            return null;
        return TensorTypes.TryParse(name, out var type)
            ? type
            : throw ServingException.Invalid($"invalid datatype '{WireText.Shorten(WireText.Read(name))}' for input '{input.Name}'");
    }

    private static void Dimensions(ReadOnlySpan<byte> packed, Span<long> shape, ref int rank, InferInput input)
    {
        var reader = new WireReader(packed);
        while (!reader.IsAtEnd)
            Dimension(reader.Varint(), shape, ref rank, input);
    }

    private static void Dimension(ulong value, Span<long> shape, ref int rank, InferInput input)
    {
        if ((long)value < 0)
            throw ServingException.Invalid($"'shape' of input '{input.Name}' must hold whole numbers of 0 or more");
        if (rank == shape.Length)
            throw ServingException.Invalid($"'shape' of input '{input.Name}' has more than {shape.Length} dimensions");
        shape[rank++] = (long)value;
    }

    private static void InputParameter(InferParameter parameter, InferInput input)
    {
        if (parameter.Key.StartsWith("shared_memory_", StringComparison.Ordinal))
            throw ServingException.Invalid($"input '{input.Name}' asks for shared memory, which this server does not offer; send the tensor as binary data");
        parameter.CheckOther();
    }

    private static void Output(ReadOnlySpan<byte> value, InferMessage message)
    {
        CheckCount(message.Outputs.Count, "outputs");
        string name = "";
        int classification = 0;
        var reader = new WireReader(value);
        while (reader.TryReadTag(out int field, out var type))
        {
            if (field == 1)
                name = WireText.Read(reader.Bytes(type));
            else if (field == 2)
                OutputParameter(new InferParameter(reader.Bytes(type)), ref classification);
            else
                reader.Skip(type);
        }

        message.Outputs.Add(new RequestedOutput(name, BinaryData: true, classification));
    }

    private static void OutputParameter(InferParameter parameter, ref int classification)
    {
        if (parameter.Key == "classification")
            classification = (int)Math.Min(parameter.Unsigned(), int.MaxValue);
        else if (parameter.Key.StartsWith("shared_memory_", StringComparison.Ordinal))
            throw ServingException.Invalid("an output asks for shared memory, which this server does not offer");
        else
            parameter.CheckOther();
    }
}
