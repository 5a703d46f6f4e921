using System.Globalization;
using System.Text;
using CsCheck;
using EdgeServe.Engine.Inference.Oip;

namespace EdgeServe.Tests.Engine.Inference.Oip;

public sealed class ShortestFloatTests
{
    [Fact]
    public void Text_reads_back_the_same_and_none_is_shorter() => Gen.UInt.Sample(Check, iter: 500_000);

    [Fact]
    public void Floats_of_usual_size_too() => Gen.Float[-1000, 1000].Sample(f => Check(BitConverter.SingleToUInt32Bits(f)), iter: 200_000);

    [Theory]
    [InlineData(0f, "0")]
    [InlineData(-0f, "-0")]
    [InlineData(1f, "1")]
    [InlineData(0.1f, "0.1")]
    [InlineData(-1.5f, "-1.5")]
    [InlineData(123456.78f, "123456.78")]
    [InlineData(0.00001f, "0.00001")]
    [InlineData(0.000001f, "1E-6")]
    [InlineData(1e14f, "100000000000000")]
    [InlineData(1e15f, "1E+15")]
    [InlineData(float.MaxValue, "3.4028235E+38")]
    [InlineData(float.Epsilon, "1E-45")]
    [InlineData(16777216f, "16777216")]
    [InlineData(8.388608E+06f, "8388608")]
    [InlineData(9.5367431640625E-07f, "9.536743E-7")]
    public void Text_is_plain_where_that_is_readable(float value, string expected) => Assert.Equal(expected, Write(value));

    private static void Check(uint bits)
    {
        float value = BitConverter.UInt32BitsToSingle(bits);
        if (!float.IsFinite(value))
            return;
        string text = Write(value);
        Assert.Equal(bits, BitConverter.SingleToUInt32Bits(float.Parse(text, CultureInfo.InvariantCulture)));
        Assert.True(Digits(text) <= Digits(value.ToString("R", CultureInfo.InvariantCulture)), text);
    }

    private static int Digits(string text) => text.Split('E')[0].Trim('-').Replace(".", "", StringComparison.Ordinal).Trim('0').Length;

    private static string Write(float value)
    {
        Span<byte> target = stackalloc byte[ShortestFloat.MaxLength];
        return Encoding.ASCII.GetString(target[..ShortestFloat.Write(value, target)]);
    }
}
