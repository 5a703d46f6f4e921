using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Models.Golden;

/// <summary>All elements of an output, and its shape.</summary>
internal sealed record ValuesCheck(string Output, long[] Shape, double[] Data, double Tolerance) : IGoldenCheck
{
    public CheckOutcome Apply(GoldenAnswer answer)
    {
        long[] shape = answer.Tensor(Output).Shape;
        if (!shape.AsSpan().SequenceEqual(Shape))
            return new CheckOutcome($"{Output}: shape is {Inference.Shape.Text(shape)}, expected {Inference.Shape.Text(Shape)}");
        double[] actual = answer.Numbers(Output);
        double worst = 0;
        int at = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double off = double.IsNaN(actual[i]) ? double.PositiveInfinity : Math.Abs(actual[i] - Data[i]);
            if (off > worst)
                (worst, at) = (off, i);
        }

        return CheckOutcome.Within(worst, Tolerance, $"{Output}[{at}]");
    }
}

/// <summary>The largest element of each row of an output.</summary>
internal sealed record ArgmaxCheck(string Output, int[] Classes) : IGoldenCheck
{
    public CheckOutcome Apply(GoldenAnswer answer)
    {
        double[] actual = answer.Numbers(Output);
        int width = (int)answer.Tensor(Output).Shape[^1];
        if (actual.Length != (long)width * Classes.Length)
            return new CheckOutcome($"{Output}: has {actual.Length / Math.Max(1, width)} rows, expected {Classes.Length}");
        for (int row = 0; row < Classes.Length; row++)
        {
            int best = Rows.Argmax(actual.AsSpan(row * width, width));
            if (best != Classes[row])
                return new CheckOutcome($"{Output}: row {row} is class {best}, expected {Classes[row]}");
        }

        return default;
    }
}

/// <summary>One element of an output.</summary>
internal sealed record ElementCheck(string Output, int Index, double Value, double Tolerance) : IGoldenCheck
{
    public CheckOutcome Apply(GoldenAnswer answer)
    {
        double[] actual = answer.Numbers(Output);
        return Index < actual.Length
            ? CheckOutcome.Within(Math.Abs(actual[Index] - Value), Tolerance, $"{Output}[{Index}]")
            : new CheckOutcome($"{Output}: has {actual.Length} elements, expected one at {Index}");
    }
}

/// <summary>The largest element over several outputs, as a probability where they hold logits.</summary>
internal sealed record MaxCheck(string[] Outputs, bool Sigmoid, double Value, double Tolerance) : IGoldenCheck
{
    public CheckOutcome Apply(GoldenAnswer answer)
    {
        double max = Outputs.Max(o => answer.Numbers(o).Max());
        if (Sigmoid)
            max = 1 / (1 + Math.Exp(-max));
        return CheckOutcome.Within(Math.Abs(max - Value), Tolerance, $"maximum of {string.Join(", ", Outputs)}");
    }
}
