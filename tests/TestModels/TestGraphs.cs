using System.Runtime.InteropServices;

namespace EdgeServe.TestModels;

/// <summary>Graphs that tests serve.</summary>
public static class TestGraphs
{
    /// <summary>One input, one output of the same values: <c>input</c> to <c>output</c>, [-1,-1].</summary>
    public static byte[] Identity(OnnxType type, params long[] shape)
    {
        long[] dimensions = shape.Length == 0 ? [-1, -1] : shape;
        return new OnnxGraph().Node("Identity", ["input"], ["output"]).Input("input", type, dimensions).Output("output", type, dimensions).ToArray();
    }

    /// <summary><c>A</c> + <c>B</c> = <c>C</c>, FP32 [-1,16].</summary>
    public static byte[] Add() => new OnnxGraph().Node("Add", ["A", "B"], ["C"])
        .Input("A", OnnxType.Float, -1, 16).Input("B", OnnxType.Float, -1, 16).Output("C", OnnxType.Float, -1, 16).ToArray();

    /// <summary>1 / <c>input</c>: infinities and NaN on demand.</summary>
    public static byte[] Reciprocal() => new OnnxGraph().Node("Reciprocal", ["input"], ["output"])
        .Input("input", OnnxType.Float, -1, -1).Output("output", OnnxType.Float, -1, -1).ToArray();

    /// <summary><c>output</c> FP32 [-1]: the entries of a table 0, 1, 2 … at <c>input</c> INT64 [-1]. Fails when asked beyond its end.</summary>
    public static byte[] Table(int entries) => new OnnxGraph()
        .Initializer("table", OnnxType.Float, [entries], MemoryMarshal.AsBytes(Enumerable.Range(0, entries).Select(i => (float)i).ToArray().AsSpan()).ToArray())
        .Node("Gather", ["table", "input"], ["output"])
        .Input("input", OnnxType.Int64, -1).Output("output", OnnxType.Float, -1).ToArray();

    /// <summary>
    /// Counts to <c>input</c> (INT64 [1]) in a loop and answers the count (INT64 [1]): takes as long as it is told to, and
    /// the engine looks for a stop at every turn.
    /// </summary>
    public static byte[] Slow()
    {
        var body = new OnnxGraph()
            .Node("Identity", ["condition"], ["go_on"])
            .Node("Add", ["count", "one"], ["next"])
            .Input("turn", OnnxType.Int64)
            .Input("condition", OnnxType.Bool)
            .Input("count", OnnxType.Int64, 1)
            .Output("go_on", OnnxType.Bool)
            .Output("next", OnnxType.Int64, 1);
        return new OnnxGraph()
            .Initializer("one", OnnxType.Int64, [1], Raw(1L))
            .Initializer("zero", OnnxType.Int64, [1], Raw(0L))
            .Node("Loop", ["input", "", "zero"], ["output"], body.AsAttribute("body"))
            .Input("input", OnnxType.Int64, 1)
            .Output("output", OnnxType.Int64, 1)
            .ToArray();
    }

    /// <summary>
    /// Dense layers with fixed random weights, <c>x</c> FP32 [-1,widths[0]] to <c>y</c>: bound by reading the weights, so
    /// that a batch costs little more than one row.
    /// </summary>
    public static byte[] Dense(params int[] widths)
    {
        var random = new Random(7);
        var graph = new OnnxGraph();
        string value = "x";
        for (int i = 1; i < widths.Length; i++)
        {
            var weights = new float[widths[i - 1] * widths[i]];
            for (int w = 0; w < weights.Length; w++)
                weights[w] = (random.NextSingle() - 0.5f) * 0.1f;
            string next = i == widths.Length - 1 ? "y" : $"h{i}";
            graph.Initializer($"w{i}", OnnxType.Float, [widths[i - 1], widths[i]], MemoryMarshal.AsBytes<float>(weights).ToArray());
            graph.Node("MatMul", [value, $"w{i}"], [next == "y" ? "y" : $"m{i}"]);
            if (next != "y")
                graph.Node("Relu", [$"m{i}"], [next]);
            value = next;
        }

        return graph.Input("x", OnnxType.Float, -1, widths[0]).Output("y", OnnxType.Float, -1, widths[^1]).ToArray();
    }

    private static byte[] Raw(long value) => BitConverter.GetBytes(value);
}
