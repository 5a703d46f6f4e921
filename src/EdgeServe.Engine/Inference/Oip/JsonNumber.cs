using System.Globalization;
using System.Runtime.CompilerServices;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>
/// Reads JSON numbers straight from UTF-8, correctly rounded, several times faster than a general reader: most numbers
/// have few enough digits that one exact multiplication or division by a power of ten gives the nearest double
/// (W. D. Clinger, "How to read floating point numbers accurately", 1990). The others take the library's way.
/// </summary>
internal static class JsonNumber
{
    private const ulong LargestExactMantissa = 1UL << 53;
    private const int LargestExactPower = 22;
    private const long MidpointMask = (1L << 29) - 1;
    private const long Midpoint = 1L << 28;
    private const double SmallestNormalFloat = 1.1754943508222875e-38;

    private static readonly double[] PowersOfTen =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Parses a number token that starts at <paramref name="position"/>.</summary>
    /// <returns>False when the window ends before the token certainly does; the position is then unchanged.</returns>
    /// <exception cref="FormatException">The bytes are no JSON number, or too large for a float.</exception>
    public static bool TryReadSingle(ReadOnlySpan<byte> window, ref int position, bool final, out float value)
    {
        int start = position;
        if (!TryScan(window, ref position, final, out var token))
        {
            value = 0;
            return false;
        }

        if (token.Special)
        {
            value = (float)token.SpecialValue;
            return true;
        }

        if (token.IsExact)
        {
            double exact = token.Exact();
            // A double halfway between two floats may itself be rounded: only there could rounding twice go wrong.
            bool ambiguous = (BitConverter.DoubleToInt64Bits(exact) & MidpointMask) == Midpoint || Math.Abs(exact) < SmallestNormalFloat;
            if (!ambiguous || exact == 0)
            {
                value = (float)exact;
                return float.IsFinite(value) ? true : throw TooLarge(window[start..position], "FP32");
            }
        }

        value = float.Parse(window[start..position], NumberStyles.Float, CultureInfo.InvariantCulture);
        return float.IsFinite(value) ? true : throw TooLarge(window[start..position], "FP32");
    }

    /// <inheritdoc cref="TryReadSingle"/>
    public static bool TryReadDouble(ReadOnlySpan<byte> window, ref int position, bool final, out double value)
    {
        int start = position;
        if (!TryScan(window, ref position, final, out var token))
        {
            value = 0;
            return false;
        }

        value = token.Special ? token.SpecialValue
            : token.IsExact ? token.Exact()
            : double.Parse(window[start..position], NumberStyles.Float, CultureInfo.InvariantCulture);
        return token.Special || double.IsFinite(value) ? true : throw TooLarge(window[start..position], "FP64");
    }

    /// <summary>Parses a whole number into sign and magnitude; whether it fits its type is the caller's to say.</summary>
    /// <inheritdoc cref="TryReadSingle"/>
    public static bool TryReadInteger(ReadOnlySpan<byte> window, ref int position, bool final, out bool negative, out ulong magnitude)
    {
        int p = position;
        magnitude = 0;
        negative = p < window.Length && window[p] == '-';
        if (negative)
            p++;
        int first = p;
        while (p < window.Length && (uint)(window[p] - '0') <= 9)
        {
            ulong digit = (ulong)(window[p] - '0');
            if (magnitude > (ulong.MaxValue - digit) / 10)
                throw new FormatException("a whole number is too large for any integer datatype");
            magnitude = (magnitude * 10) + digit;
            p++;
        }

        if (p == window.Length && !final)
            return false;
        if (p == first || (window[first] == '0' && p > first + 1) || (p < window.Length && window[p] is (byte)'.' or (byte)'e' or (byte)'E'))
            throw new FormatException("expected a whole number");
        position = p;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryScan(ReadOnlySpan<byte> window, ref int position, bool final, out Token token)
    {
        token = default;
        int p = position;
        if (p < window.Length && window[p] == '-')
        {
            token.Negative = true;
            p++;
        }

        int first = p;
        while (p < window.Length && (uint)(window[p] - '0') <= 9)
            token.Add(window[p++]);
        int whole = p - first;
        if (p == window.Length)
            return final && whole > 0 && Finish(window, first, whole, p, ref position);
        if (whole == 0)
            return TrySpecial(window, ref position, p, final, ref token);
        if (window[p] == '.')
        {
            int dot = ++p;
            while (p < window.Length && (uint)(window[p] - '0') <= 9)
                token.Add(window[p++]);
            token.Exponent = dot - p;
            if (p == window.Length && !final)
                return false;
            if (p == dot)
                throw new FormatException("expected a digit after the decimal point");
        }

        if (p < window.Length && (window[p] | 0x20) == 'e' && !TryExponent(window, ref p, final, ref token))
            return false;
        return Finish(window, first, whole, p, ref position);
    }

    private static bool Finish(ReadOnlySpan<byte> window, int first, int whole, int end, ref int position)
    {
        if (window[first] == '0' && whole > 1)
            throw new FormatException("a number has a leading zero");
        position = end;
        return true;
    }

    private static bool TryExponent(ReadOnlySpan<byte> window, ref int p, bool final, ref Token token)
    {
        p++;
        bool negative = false;
        if (p < window.Length && window[p] is (byte)'+' or (byte)'-')
            negative = window[p++] == '-';
        int first = p, exponent = 0;
        while (p < window.Length && (uint)(window[p] - '0') <= 9)
            exponent = Math.Min((exponent * 10) + (window[p++] - '0'), 100_000);
        if (p == window.Length && !final)
            return false;
        if (p == first)
            throw new FormatException("expected a digit in the exponent");
        token.Exponent += negative ? -exponent : exponent;
        return true;
    }

    private static bool TrySpecial(ReadOnlySpan<byte> window, ref int position, int p, bool final, ref Token token)
    {
        var rest = window[p..];
        var name = rest[0] == 'N' ? "NaN"u8 : "Infinity"u8;
        int shared = Math.Min(rest.Length, name.Length);
        if (!rest[..shared].SequenceEqual(name[..shared]) || (token.Negative && name.Length == 3))
            throw new FormatException("expected a number");
        if (shared < name.Length)
            return final ? throw new FormatException("expected a number") : false;
        token.Special = true;
        token.SpecialValue = name.Length == 3 ? double.NaN : token.Negative ? double.NegativeInfinity : double.PositiveInfinity;
        position = p + name.Length;
        return true;
    }

    private static FormatException TooLarge(ReadOnlySpan<byte> token, string type) =>
        new($"{System.Text.Encoding.UTF8.GetString(token.Length > 40 ? token[..40] : token)} does not fit {type}");

    private struct Token
    {
        public bool Negative;
        public bool Special;
        public double SpecialValue;
        public int Exponent;
        private ulong _mantissa;
        private bool _overflow;

        public readonly bool IsExact => !_overflow && _mantissa <= LargestExactMantissa && Exponent is >= -LargestExactPower and <= LargestExactPower;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(byte digit)
        {
            if (_mantissa >= ulong.MaxValue / 10 - 1)
                _overflow = true;
            _mantissa = (_mantissa * 10) + (ulong)(digit - '0');
        }

        public readonly double Exact()
        {
            double value = _mantissa;
            value = Exponent < 0 ? value / PowersOfTen[-Exponent] : value * PowersOfTen[Exponent];
            return Negative ? -value : value;
        }
    }
}
