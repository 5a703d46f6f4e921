using System.Globalization;

namespace EdgeServe.TestModels;

/// <summary>An ONNX graph in the making. Field numbers are those of onnx.proto.</summary>
public sealed class OnnxGraph
{
    private const int IrVersion = 9;
    private const int Opset = 17;
    private readonly ProtoWriter _graph = new();

    /// <param name="op">Operator.</param>
    /// <param name="inputs">Names of values.</param>
    /// <param name="outputs">Names of values.</param>
    /// <param name="attributes">Finished AttributeProto messages.</param>
    public OnnxGraph Node(string op, string[] inputs, string[] outputs, params ProtoWriter[] attributes)
    {
        var node = new ProtoWriter();
        foreach (string input in inputs)
            node.Text(1, input);
        foreach (string output in outputs)
            node.Text(2, output);
        node.Text(4, op);
        foreach (var attribute in attributes)
            node.Message(5, attribute);
        _graph.Message(1, node);
        return this;
    }

    public OnnxGraph Input(string name, OnnxType type, params long[] shape)
    {
        _graph.Message(11, Value(name, type, shape));
        return this;
    }

    public OnnxGraph Output(string name, OnnxType type, params long[] shape)
    {
        _graph.Message(12, Value(name, type, shape));
        return this;
    }

    /// <summary>A constant tensor.</summary>
    public OnnxGraph Initializer(string name, OnnxType type, long[] shape, byte[] raw)
    {
        _graph.Message(5, Tensor(name, type, shape).Bytes(9, raw));
        return this;
    }

    /// <summary>A constant tensor whose data is said to lie in another file.</summary>
    public OnnxGraph ExternalInitializer(string name, OnnxType type, long[] shape, string location)
    {
        _graph.Message(5, Tensor(name, type, shape)
            .Message(13, new ProtoWriter().Text(1, "location").Text(2, location))
            .Number(14, 1));
        return this;
    }

    public byte[] ToArray() => new ProtoWriter()
        .Number(1, IrVersion)
        .Message(7, Named())
        .Message(8, new ProtoWriter().Text(1, "").Number(2, Opset))
        .ToArray();

    /// <summary>This graph as the value of an attribute: a loop's body.</summary>
    public ProtoWriter AsAttribute(string name) => new ProtoWriter().Text(1, name).Message(6, Named()).Number(20, 5);

    private ProtoWriter Named()
    {
        _graph.Text(2, "test");
        return _graph;
    }

    private static ProtoWriter Tensor(string name, OnnxType type, long[] shape)
    {
        var tensor = new ProtoWriter();
        foreach (long dimension in shape)
            tensor.Number(1, dimension);
        return tensor.Number(2, (int)type).Text(8, name);
    }

    /// <summary>A dimension below 0 is dynamic.</summary>
    private static ProtoWriter Value(string name, OnnxType type, long[] shape)
    {
        var dimensions = new ProtoWriter();
        for (int i = 0; i < shape.Length; i++)
        {
            dimensions.Message(1, shape[i] < 0
                ? new ProtoWriter().Text(2, string.Create(CultureInfo.InvariantCulture, $"d{i}"))
                : new ProtoWriter().Number(1, shape[i]));
        }

        var tensor = new ProtoWriter().Number(1, (int)type).Message(2, dimensions);
        return new ProtoWriter().Text(1, name).Message(2, new ProtoWriter().Message(1, tensor));
    }
}
