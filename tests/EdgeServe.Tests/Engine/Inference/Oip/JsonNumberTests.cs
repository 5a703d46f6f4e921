using System.Globalization;
using System.Text;
using CsCheck;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Tests.Engine.Inference.Oip;

/// <summary>The fast number parser against the runtime's own.</summary>
public sealed class JsonNumberTests
{
    [Fact]
    public void Floats_read_like_the_runtime_reads_them() => Gen.Select(Digits, Digits, Gen.Int[-60, 15], Gen.Int[0, 3]).Sample((whole, fraction, exponent, form) =>
    {
        string text = form switch
        {
            0 => Trim(whole),
            1 => $"-{Trim(whole)}.{fraction}",
            2 => string.Create(CultureInfo.InvariantCulture, $"{Trim(whole)}e{exponent}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{Trim(whole)}.{fraction}E{exponent:+0;-0}"),
        };
        Assert.Equal(float.Parse(text, CultureInfo.InvariantCulture), BitConverter.ToSingle(Parse(text, TensorType.Fp32)));
        Assert.Equal(double.Parse(text, CultureInfo.InvariantCulture), BitConverter.ToDouble(Parse(text, TensorType.Fp64)));
    }, iter: 5000);

    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("1e-45")]
    [InlineData("7.0064923216240853e-46")]
    [InlineData("3.4028235677973366e38")]
    [InlineData("9007199254740993")]
    [InlineData("0.1000000000000000055511151231257827021181583404541015625")]
    [InlineData("16777217")]
    [InlineData("1.00000005960464477539062")]
    public void Hard_cases_read_like_the_runtime_reads_them(string text)
    {
        Assert.Equal(float.Parse(text, CultureInfo.InvariantCulture), BitConverter.ToSingle(Parse(text, TensorType.Fp32)));
        Assert.Equal(double.Parse(text, CultureInfo.InvariantCulture), BitConverter.ToDouble(Parse(text, TensorType.Fp64)));
    }

    [Theory]
    [InlineData("3.5e38", TensorType.Fp32)]
    [InlineData("-1e400", TensorType.Fp64)]
    public void A_number_beyond_its_type_is_refused(string text, TensorType type) =>
        Assert.Equal(ServingError.InvalidArgument, Assert.Throws<ServingException>(() => Parse(text, type)).Error);

    [Fact]
    public void Long_arrays_read_like_the_runtime_reads_them() =>
        Gen.Select(Gen.Double[-2000, 2000], Gen.Int[0, 17]).Select((value, digits) => value.ToString("F" + digits, CultureInfo.InvariantCulture)).Array[1, 60].Sample(texts =>
        {
            using var pool = new TensorMemoryPool();
            using var request = StubModel.Request(StubModel.Create(pool, TensorType.Fp32, rank: 1));
            Body.Read(request, pool, Encoding.UTF8.GetBytes($$"""{"inputs":[{"name":"input","shape":[{{texts.Length}}],"datatype":"FP32","data":[{{string.Join(',', texts)}}]}]}"""), null);
            Assert.Equal(texts.Select(t => float.Parse(t, CultureInfo.InvariantCulture)), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(request.Inputs[0].Bytes).ToArray());
        }, iter: 3000);

    private static Gen<string> Digits => Gen.Char['0', '9'].Array[1, 20].Select(a => new string(a));

    private static string Trim(string digits) => digits.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0";

    private static byte[] Parse(string number, TensorType type)
    {
        using var pool = new TensorMemoryPool();
        using var request = StubModel.Request(StubModel.Create(pool, type, rank: 1));
        Body.Read(request, pool, Encoding.UTF8.GetBytes($$"""{"inputs":[{"name":"input","shape":[1],"datatype":"{{type.Name()}}","data":[{{number}}]}]}"""), null);
        return request.Inputs[0].Bytes.ToArray();
    }
}
