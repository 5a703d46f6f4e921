using System.Buffers;
using System.Text;
using CsCheck;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;

namespace EdgeServe.Tests.Engine.Inference.Oip;

/// <summary>What is written reads back the same, however it is cut; what is not a request is refused and nothing else.</summary>
public sealed class CodecTests
{
    public static TheoryData<TensorType> Types => [.. Enum.GetValues<TensorType>()];

    public static TheoryData<TensorType> JsonTypes => [.. Enum.GetValues<TensorType>().Where(t => !t.IsBinaryOnly())];

    [Theory]
    [MemberData(nameof(JsonTypes))]
    public void Json_goes_round(TensorType type) => Gen.Select(Raw(type), Cuts).Sample((raw, cuts) =>
    {
        using var pool = new TensorMemoryPool();
        string json = Encoding.UTF8.GetString(Write(type, raw, pool, binary: false));
        string data = json[(json.IndexOf("\"data\":", StringComparison.Ordinal) + 7)..json.LastIndexOf("}]}", StringComparison.Ordinal)];
        string request = $$"""{"inputs":[{"data":{{data}},"name":"input","datatype":"{{type.Name()}}","shape":[1,{{Count(type, raw)}}]}]}""";
        Assert.Equal(raw, ReadBack(type, Encoding.UTF8.GetBytes(request), null, cuts, pool));
        Assert.Equal(0, pool.BytesInFlight);
    }, iter: 300);

    [Theory]
    [MemberData(nameof(Types))]
    public void Binary_goes_round(TensorType type) => Gen.Select(Raw(type), Cuts).Sample((raw, cuts) =>
    {
        using var pool = new TensorMemoryPool();
        byte[] answer = Write(type, raw, pool, binary: true);
        Assert.True(answer.AsSpan().EndsWith(raw));
        byte[] header = Encoding.UTF8.GetBytes($$"""{"inputs":[{"name":"input","shape":[1,{{Count(type, raw)}}],"datatype":"{{type.Name()}}","parameters":{"binary_data_size":{{raw.Length}}} }]}""");
        Assert.Equal(raw, ReadBack(type, [.. header, .. raw], header.Length, cuts, pool));
        Assert.Equal(0, pool.BytesInFlight);
    }, iter: 300);

    [Fact]
    public void Random_bytes_are_refused_and_nothing_else() => Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[-1, 220], Cuts).Sample((bytes, header, cuts) =>
        Refuses(bytes, header < 0 ? null : header, cuts), iter: 5000);

    [Fact]
    public void A_damaged_request_is_refused_or_read() => Gen.Select(Gen.Int[0, 200], Gen.Byte, Cuts).Sample((at, value, cuts) =>
    {
        byte[] good = """{"id":"1","parameters":{"timeout":5},"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"x":"y"},"data":[[1.5,-2e3]]}],"outputs":[{"name":"output","parameters":{"binary_data":true}}]}"""u8.ToArray();
        good[at % good.Length] = value;
        Refuses(good, null, cuts);
    }, iter: 5000);

    [Fact]
    public void A_damaged_binary_request_is_refused_or_read() => Gen.Select(Gen.Int[0, 300], Gen.Byte, Cuts, Gen.Bool).Sample((at, value, cuts, lengthKnown) =>
    {
        byte[] header = """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true}}"""u8.ToArray();
        byte[] body = [.. header, .. new byte[8]];
        body[at % body.Length] = value;
        Refuses(body, header.Length, cuts, lengthKnown ? body.Length : -1);
    }, iter: 5000);

    [Theory]
    [InlineData("BYTES", 8, true)]
    [InlineData("BYTES", 7, false)]
    [InlineData("BYTES", 9, false)]
    [InlineData("FP32", 8, false)]
    public void A_lone_input_without_a_size_takes_the_rest_if_it_fits(string datatype, int bytes, bool fits)
    {
        foreach (bool lengthKnown in new[] { true, false })
        {
            using var pool = new TensorMemoryPool();
            TensorTypes.TryParse(datatype, out var type);
            using var request = StubModel.Request(StubModel.Create(pool, type));
            byte[] header = Encoding.UTF8.GetBytes($$"""{"inputs":[{"name":"input","shape":[1,2],"datatype":"{{datatype}}"}]}""");
            byte[] body = [.. header, .. new byte[bytes]];
            var error = Record.Exception(() => Body.Read(request, pool, body, header.Length, lengthKnown ? body.Length : -1, []));
            Assert.True(fits == error is null, $"length known: {lengthKnown}, {error?.Message}");
        }
    }

    private static Gen<int[]> Cuts => Gen.Int[1, 400].Array[0, 4];

    private static Gen<byte[]> Raw(TensorType type) => type switch
    {
        TensorType.Bool => Gen.Bool.Array[0, 50].Select(a => Array.ConvertAll(a, b => b ? (byte)1 : (byte)0)),
        TensorType.Bytes => Gen.String.Array[0, 20].Select(Prefixed),
        // NaN has many bit patterns, and JSON one word for all.
        TensorType.Fp32 => Gen.Float.Where(f => !float.IsNaN(f)).Array[0, 50].Select(a => a.SelectMany(BitConverter.GetBytes).ToArray()),
        TensorType.Fp64 => Gen.Double.Where(f => !double.IsNaN(f)).Array[0, 50].Select(a => a.SelectMany(BitConverter.GetBytes).ToArray()),
        _ => Gen.Int[0, 50].SelectMany(n => Gen.Byte.Array[n * type.Size()]),
    };

    private static byte[] Prefixed(string[] texts) =>
        [.. texts.SelectMany(t => Encoding.UTF8.GetBytes(t) is var utf8 ? (byte[])[.. BitConverter.GetBytes(utf8.Length), .. utf8] : [])];

    private static long Count(TensorType type, byte[] raw)
    {
        if (type != TensorType.Bytes)
            return raw.Length / type.Size();
        long count = 0;
        for (int at = 0; at < raw.Length; count++)
            at += sizeof(int) + BitConverter.ToInt32(raw, at);
        return count;
    }

    /// <summary>The answer with one output of these bytes.</summary>
    private static unsafe byte[] Write(TensorType type, byte[] raw, TensorMemoryPool pool, bool binary)
    {
        var model = StubModel.Create(pool, type);
        using var request = StubModel.Request(model);
        request.BinaryDataOutput = binary;
        fixed (byte* first = raw.Length == 0 ? [0] : raw)
        {
            var outputs = new RunOutputs([new OutputTensor("output", type, [1, Count(type, raw)], (nint)first, raw.Length)], new MemoryStream());
            using var response = new InferResponse(request, outputs.Tensors, outputs, []);
            var writer = new OipResponseWriter(response);
            var buffer = new ArrayBufferWriter<byte>();
            while (writer.WriteJson(buffer))
            {
            }

            while (writer.WriteBinary(buffer, 64))
            {
            }

            return buffer.WrittenSpan.ToArray();
        }
    }

    private static byte[] ReadBack(TensorType type, byte[] body, long? headerLength, int[] cuts, TensorMemoryPool pool)
    {
        var model = StubModel.Create(pool, type);
        using var request = StubModel.Request(model);
        Body.Read(request, pool, body, headerLength, cuts);
        return request.Inputs[0].Bytes.ToArray();
    }

    private static void Refuses(byte[] body, long? headerLength, int[] cuts) => Refuses(body, headerLength, cuts, body.Length);

    private static void Refuses(byte[] body, long? headerLength, int[] cuts, long bodyLength)
    {
        using var pool = new TensorMemoryPool();
        var model = StubModel.Create(pool, TensorType.Fp32);
        using (var request = StubModel.Request(model))
        {
            try
            {
                Body.Read(request, pool, body, headerLength, bodyLength, cuts);
                Assert.All(request.Inputs, t => Assert.NotNull(t.Memory));
            }
            catch (ServingException e)
            {
                Assert.Equal(ServingError.InvalidArgument, e.Error);
            }
        }

        Assert.Equal(0, pool.BytesInFlight);
    }
}
