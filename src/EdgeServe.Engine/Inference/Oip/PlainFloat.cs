using System.Numerics;
using System.Runtime.CompilerServices;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>
/// Numbers such as <c>-12.3456789</c>, eight digits at a time: what nearly every element of a float tensor looks like.
/// Anything else - an exponent, too many digits, the window's end near - is left to <see cref="JsonNumber"/>, which also
/// says what is wrong with what is no number.
/// </summary>
internal static unsafe class PlainFloat
{
    /// <summary>Bytes that must lie behind a number's start: no number read here is longer.</summary>
    public const int Margin = 40;

    private const int MostDigits = 15;
    private const ulong Zeros = 0x3030303030303030;
    private const long MidpointMask = (1L << 29) - 1;
    private const long Midpoint = 1L << 28;
    private const double SmallestNormal = 1.1754943508222875e-38;

    private static readonly double[] PowersOfTen = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    private static readonly ulong[] WholePowers = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    /// <summary>Reads a number with at least <see cref="Margin"/> bytes behind its start.</summary>
    /// <returns>Its length; 0 when it is none of those read here.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Read(byte* start, out float value)
    {
        byte* p = start;
        bool negative = *p == '-';
        if (negative)
            p++;
        byte* first = p;
        ulong mantissa = 0;
        for (uint digit; (digit = (uint)(*p - '0')) <= 9 && p - first <= MostDigits; p++)
            mantissa = (mantissa * 10) + digit;
        int whole = (int)(p - first);
        int fraction = 0;
        value = 0;
        if (whole == 0 || whole > MostDigits || (whole > 1 && *first == '0'))
            return 0;
        if (*p == '.')
        {
            p++;
            int read;
            do
            {
                read = Eight(p, ref mantissa);
                p += read;
                fraction += read;
            }
            while (read == 8 && whole + fraction <= MostDigits);
            if (fraction == 0 || whole + fraction > MostDigits)
                return 0;
        }

        // A digit here was beyond what may be read; an exponent is another's business.
        if ((uint)(*p - '0') <= 9 || (*p | 0x20) == 'e')
            return 0;
        double exact = mantissa / PowersOfTen[fraction];
        // A double halfway between two floats may itself be rounded: only there could rounding twice go wrong.
        if ((BitConverter.DoubleToInt64Bits(exact) & MidpointMask) == Midpoint || (exact < SmallestNormal && exact != 0))
            return 0;
        value = negative ? -(float)exact : (float)exact;
        return (int)(p - start);
    }

    /// <summary>Up to eight digits in one go.</summary>
    /// <returns>How many there were.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Eight(byte* p, ref ulong mantissa)
    {
        ulong digits = Unsafe.ReadUnaligned<ulong>(p) ^ Zeros;
        ulong others = ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
        int count = BitOperations.TrailingZeroCount(others) >> 3;
        if (count == 0)
            return 0;
        digits <<= 64 - (8 * count);
        digits = (digits * 10) + (digits >> 8);
        const ulong mask = 0x000000FF000000FF;
        ulong value = (((digits & mask) * 0x000F424000000064) + (((digits >> 16) & mask) * 0x0000271000000001)) >> 32;
        mantissa = (mantissa * WholePowers[count]) + (uint)value;
        return count;
    }
}
