namespace EdgeServe.Engine.Models.Golden;

/// <summary>Arithmetic on rows.</summary>
internal static class Rows
{
    public static int Argmax(ReadOnlySpan<double> row)
    {
        int best = 0;
        for (int i = 1; i < row.Length; i++)
        {
            if (row[i] > row[best])
                best = i;
        }

        return best;
    }
}
