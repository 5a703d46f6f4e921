using System.Text;

namespace EdgeServe.Engine.Models.Golden;

/// <summary>A line of text read greedily from a recogniser's steps: the best class a step, repeats joined, blanks (class 0) dropped.</summary>
internal sealed record CtcTextCheck(string Output, string[] Labels, string Text, bool IgnoreSpaces, double Confidence, double Tolerance) : IGoldenCheck
{
    public CheckOutcome Apply(GoldenAnswer answer)
    {
        double[] steps = answer.Numbers(Output);
        int width = (int)answer.Tensor(Output).Shape[^1];
        if (width != Labels.Length)
            return new CheckOutcome($"{Output}: has {width} classes, the labels {Labels.Length}");
        var text = new StringBuilder();
        double sum = 0;
        int kept = 0, last = 0;
        for (int at = 0; at < steps.Length; at += width)
        {
            var row = steps.AsSpan(at, width);
            int best = Rows.Argmax(row);
            if (best != 0 && best != last)
            {
                text.Append(Labels[best]);
                sum += row[best];
                kept++;
            }

            last = best;
        }

        string read = text.ToString();
        if (Plain(read) != Plain(Text))
            return new CheckOutcome($"{Output}: reads '{read}', expected '{Text}'");
        return CheckOutcome.Within(Math.Abs((kept == 0 ? 0 : sum / kept) - Confidence), Tolerance, $"confidence of {Output}");
    }

    private string Plain(string text) => IgnoreSpaces ? text.Replace(" ", "", StringComparison.Ordinal) : text;
}
