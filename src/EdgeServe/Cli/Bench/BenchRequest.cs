using System.Text;
using System.Text.Json;
using EdgeServe.Engine.Inference;
using EdgeServe.Grpc.Wire;
using EdgeServe.Http;
using Google.Protobuf;

namespace EdgeServe.Cli.Bench;

/// <summary>One request in all three forms, from the server's own metadata: random numbers, the same at every run.</summary>
internal sealed class BenchRequest
{
    private const int Seed = 20;

    private BenchRequest(byte[] json, byte[] binary, int headerLength, byte[] message)
    {
        Json = json;
        Binary = binary;
        HeaderLength = headerLength;
        Message = message;
    }

    public byte[] Json { get; }

    public byte[] Binary { get; }

    public int HeaderLength { get; }

    /// <summary>A <c>ModelInferRequest</c>.</summary>
    public byte[] Message { get; }

    /// <param name="model">The server's metadata.</param>
    /// <param name="shapes">Shapes of inputs by name, where the graph leaves dimensions open; others become 1.</param>
    /// <exception cref="ServingException">A datatype that cannot be made up, or a shape for an input that is not there.</exception>
    public static BenchRequest Create(ModelBody model, IReadOnlyDictionary<string, long[]> shapes)
    {
        foreach (string name in shapes.Keys)
        {
            if (Array.TrueForAll(model.Inputs, i => i.Name != name))
                throw ServingException.Invalid($"--shape names input '{name}', but {model.Name} has {string.Join(", ", model.Inputs.Select(i => i.Name))}");
        }

        var random = new Random(Seed);
        var message = new ModelInferRequest { ModelName = model.Name };
        var json = new List<string>();
        var header = new List<string>();
        using var tensors = new MemoryStream();
        foreach (var input in model.Inputs)
        {
            long[] shape = shapes.GetValueOrDefault(input.Name) ?? Array.ConvertAll(input.Shape, d => d < 0 ? 1 : d);
            var (text, raw) = Elements(input, Shape.ElementCount(shape), random);
            string start = $"{{\"name\":{JsonSerializer.Serialize(input.Name, WireJson.Default.String)},\"shape\":{Shape.Text(shape)},\"datatype\":\"{input.Datatype}\"";
            json.Add($"{start},\"data\":[{text}]}}");
            header.Add($"{start},\"parameters\":{{\"binary_data_size\":{raw.Length}}}}}");
            tensors.Write(raw);
            message.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = input.Name, Datatype = input.Datatype, Shape = { shape } });
            message.RawInputContents.Add(ByteString.CopyFrom(raw));
        }

        byte[] head = Encoding.UTF8.GetBytes($"{{\"inputs\":[{string.Join(',', header)}],\"parameters\":{{\"binary_data_output\":true}}}}");
        return new BenchRequest(Encoding.UTF8.GetBytes($"{{\"inputs\":[{string.Join(',', json)}]}}"), [.. head, .. tensors.ToArray()], head.Length, message.ToByteArray());
    }

    private static (string Text, byte[] Raw) Elements(TensorBody input, long count, Random random)
    {
        if (!TensorTypes.TryParse(input.Datatype, out var type) || type.IsBinaryOnly() || type == TensorType.Bytes || count < 0)
            throw ServingException.Invalid($"input '{input.Name}' of datatype {input.Datatype} cannot be made up; `bench` fills numeric inputs that JSON can carry");
        var text = new StringBuilder();
        using var raw = new MemoryStream();
        for (long i = 0; i < count; i++)
        {
            if (i > 0)
                text.Append(',');
            text.Append(Append(type, random, raw));
        }

        return (text.ToString(), raw.ToArray());
    }

    private static string Append(TensorType type, Random random, MemoryStream raw)
    {
        var invariant = System.Globalization.CultureInfo.InvariantCulture;
        if (type == TensorType.Fp32)
        {
            float value = random.NextSingle();
            raw.Write(BitConverter.GetBytes(value));
            return value.ToString(invariant);
        }

        if (type == TensorType.Fp64)
        {
            double value = random.NextDouble();
            raw.Write(BitConverter.GetBytes(value));
            return value.ToString(invariant);
        }

        // Small enough for every integer type, and for BOOL.
        long whole = random.Next(0, 2);
        raw.Write(BitConverter.GetBytes(whole).AsSpan(0, type.Size()));
        return type == TensorType.Bool ? whole == 1 ? "true" : "false" : whole.ToString(invariant);
    }
}
