namespace EdgeServe.Engine.Models.Golden;

/// <summary>A map of probabilities that is high inside known boxes and low outside.</summary>
/// <param name="Output">A tensor whose last two dimensions are height and width.</param>
/// <param name="Threshold">A pixel above it counts.</param>
/// <param name="Boxes">x0, y0, x1, y1 each, the end excluded.</param>
/// <param name="MinInside">Share of all counted pixels that must lie in a box.</param>
/// <param name="MinBox">Share of each box's pixels that must count.</param>
internal sealed record MaskCheck(string Output, double Threshold, int[][] Boxes, double MinInside, double MinBox) : IGoldenCheck
{
    public CheckOutcome Apply(GoldenAnswer answer)
    {
        long[] shape = answer.Tensor(Output).Shape;
        double[] map = answer.Numbers(Output);
        int width = (int)shape[^1], height = (int)shape[^2];
        int counted = 0, inside = 0;
        var filled = new int[Boxes.Length];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                if (map[(y * width) + x] <= Threshold)
                    continue;
                counted++;
                bool any = false;
                for (int b = 0; b < Boxes.Length; b++)
                {
                    if (x < Boxes[b][0] || x >= Boxes[b][2] || y < Boxes[b][1] || y >= Boxes[b][3])
                        continue;
                    filled[b]++;
                    any = true;
                }

                inside += any ? 1 : 0;
            }
        }

        return Judge(counted, inside, filled);
    }

    private CheckOutcome Judge(int counted, int inside, int[] filled)
    {
        if (counted == 0)
            return new CheckOutcome($"{Output}: nothing above {Threshold}");
        double share = inside / (double)counted;
        if (share < MinInside)
            return new CheckOutcome($"{Output}: {share:P0} of the marked pixels lie in a box, expected {MinInside:P0}");
        for (int b = 0; b < Boxes.Length; b++)
        {
            int area = (Boxes[b][2] - Boxes[b][0]) * (Boxes[b][3] - Boxes[b][1]);
            double fill = filled[b] / (double)area;
            if (fill < MinBox)
                return new CheckOutcome($"{Output}: box {b} is marked to {fill:P0}, expected {MinBox:P0}");
        }

        return default;
    }
}
