namespace EdgeServe.Engine.Models;

/// <summary>Inputs and outputs of a loaded graph, in the graph's order.</summary>
public sealed class ModelSignature
{
    public ModelSignature(TensorSpec[] inputs, TensorSpec[] outputs)
    {
        Inputs = inputs;
        Outputs = outputs;
        OutputNames = Array.ConvertAll(outputs, o => o.Name);
    }

    public TensorSpec[] Inputs { get; }

    public TensorSpec[] Outputs { get; }

    public string[] OutputNames { get; }

    public int IndexOfInput(ReadOnlySpan<char> name) => IndexOf(Inputs, name);

    public int IndexOfOutput(ReadOnlySpan<char> name) => IndexOf(Outputs, name);

    /// <summary>True when every input and output has a dynamic first dimension: what a batch dimension looks like in a graph.</summary>
    public bool HasDynamicFirstDimension =>
        Inputs.Length > 0
        && Array.TrueForAll(Inputs, t => t.Shape is [-1, ..])
        && Array.TrueForAll(Outputs, t => t.Shape is [-1, ..]);

    private static int IndexOf(TensorSpec[] specs, ReadOnlySpan<char> name)
    {
        for (int i = 0; i < specs.Length; i++)
        {
            if (name.SequenceEqual(specs[i].Name))
                return i;
        }

        return -1;
    }
}
