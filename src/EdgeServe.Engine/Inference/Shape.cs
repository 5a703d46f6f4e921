using System.Globalization;
using System.Text;

namespace EdgeServe.Engine.Inference;

/// <summary>Arithmetic on tensor shapes: row-major dimensions, -1 standing for "any" in a specification.</summary>
public static class Shape
{
    /// <summary>Product of the dimensions, or -1 when it overflows <see cref="long"/> or a dimension is negative.</summary>
    public static long ElementCount(ReadOnlySpan<long> shape)
    {
        long count = 1;
        bool zero = false;
        foreach (long dimension in shape)
        {
            if (dimension < 0)
                return -1;
            if (dimension == 0)
            {
                zero = true;
                continue;
            }

            if (count > long.MaxValue / dimension)
                return -1;
            count *= dimension;
        }

        return zero ? 0 : count;
    }

    /// <summary>Does <paramref name="actual"/> fit <paramref name="expected"/>, where -1 takes any size?</summary>
    public static bool Fits(ReadOnlySpan<long> expected, ReadOnlySpan<long> actual)
    {
        if (expected.Length != actual.Length)
            return false;
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i] >= 0 && expected[i] != actual[i])
                return false;
        }

        return true;
    }

    /// <summary><c>[-1,16]</c>, as error texts of the protocol write it.</summary>
    public static string Text(ReadOnlySpan<long> shape)
    {
        var text = new StringBuilder("[");
        for (int i = 0; i < shape.Length; i++)
        {
            if (i > 0)
                text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{shape[i]}");
        }

        return text.Append(']').ToString();
    }
}
