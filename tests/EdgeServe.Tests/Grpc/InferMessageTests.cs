using System.Buffers;
using CsCheck;
using EdgeServe.Engine.Inference;
using EdgeServe.Grpc;
using EdgeServe.Grpc.Wire;
using EdgeServe.Tests.Engine.Inference;
using Google.Protobuf;

namespace EdgeServe.Tests.Grpc;

/// <summary>The message reader against messages that the protocol's own library wrote, and against noise.</summary>
public sealed class InferMessageTests
{
    public static TheoryData<TensorType> Types => [.. Enum.GetValues<TensorType>().Where(t => t != TensorType.Bytes)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Raw_contents_read_back_however_they_are_cut(TensorType type) => Gen.Select(Gen.Int[1, 40], Gen.Byte, Cuts).Sample((count, seed, cuts) =>
    {
        byte[] raw = [.. Enumerable.Range(0, count * type.Size()).Select(i => type == TensorType.Bool ? (byte)(i & 1) : (byte)(seed + (i * 7)))];
        var message = new ModelInferRequest { ModelName = "stub", Id = "7", Inputs = { Input(type, count) }, RawInputContents = { ByteString.CopyFrom(raw) } };
        message.Parameters["timeout"] = new EdgeServe.Grpc.Wire.InferParameter { Int64Param = 5 };
        using var pool = new TensorMemoryPool();
        using (var read = Read(message.ToByteArray(), pool, cuts))
        {
            Assert.Equal(("stub", "7", 5UL), (read.ModelName, read.Id, read.TimeoutMicroseconds));
            Assert.Equal(raw, Tensors(read, type, pool)[0]);
        }

        Assert.Equal(0, pool.BytesInFlight);
    }, iter: 200);

    [Fact]
    public void Typed_contents_read_back()
    {
        AssertContents(TensorType.Bool, new InferTensorContents { BoolContents = { true, false, true } }, [1, 0, 1]);
        AssertContents(TensorType.Int8, new InferTensorContents { IntContents = { -128, 0, 127 } }, [0x80, 0, 0x7F]);
        AssertContents(TensorType.Int16, new InferTensorContents { IntContents = { -1, 2, 3 } }, [0xFF, 0xFF, 2, 0, 3, 0]);
        AssertContents(TensorType.Uint8, new InferTensorContents { UintContents = { 0, 1, 255 } }, [0, 1, 255]);
        AssertContents(TensorType.Int64, new InferTensorContents { Int64Contents = { long.MinValue, 0, 5 } }, [.. BitConverter.GetBytes(long.MinValue), .. BitConverter.GetBytes(0L), .. BitConverter.GetBytes(5L)]);
        AssertContents(TensorType.Uint64, new InferTensorContents { Uint64Contents = { ulong.MaxValue, 0, 5 } }, [.. BitConverter.GetBytes(ulong.MaxValue), .. BitConverter.GetBytes(0L), .. BitConverter.GetBytes(5L)]);
        AssertContents(TensorType.Fp32, new InferTensorContents { Fp32Contents = { 1.5f, float.NaN, -0f } }, [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(float.NaN), .. BitConverter.GetBytes(-0f)]);
        AssertContents(TensorType.Fp64, new InferTensorContents { Fp64Contents = { 1, 2, 3 } }, [.. BitConverter.GetBytes(1d), .. BitConverter.GetBytes(2d), .. BitConverter.GetBytes(3d)]);
        AssertContents(TensorType.Bytes, new InferTensorContents { BytesContents = { ByteString.CopyFromUtf8("a"), ByteString.Empty, ByteString.CopyFromUtf8("bc") } },
            [1, 0, 0, 0, (byte)'a', 0, 0, 0, 0, 2, 0, 0, 0, (byte)'b', (byte)'c']);
    }

    [Theory]
    [InlineData(TensorType.Int8, 128)]
    [InlineData(TensorType.Int16, 40_000)]
    public void A_number_that_does_not_fit_its_type_is_refused(TensorType type, int value) => Assert.Throws<ServingException>(() =>
        AssertContents(type, new InferTensorContents { IntContents = { value, 0, 0 } }, []));

    [Fact]
    public void Noise_is_refused_and_nothing_else() => Gen.Select(Gen.Byte.Array[0, 200], Cuts).Sample(Refuses, iter: 5000);

    [Fact]
    public void A_damaged_message_is_refused_or_read() => Gen.Select(Gen.Int[0, 500], Gen.Byte, Cuts).Sample((at, value, cuts) =>
    {
        byte[] good = new ModelInferRequest
        {
            ModelName = "stub",
            Inputs = { Input(TensorType.Fp32, 3) },
            Outputs = { new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "output" } },
            RawInputContents = { ByteString.CopyFrom(new byte[12]) },
        }.ToByteArray();
        good[at % good.Length] = value;
        Refuses(good, cuts);
    }, iter: 5000);

    private static Gen<int[]> Cuts => Gen.Int[1, 200].Array[0, 4];

    private static ModelInferRequest.Types.InferInputTensor Input(TensorType type, long count, InferTensorContents? contents = null) =>
        new() { Name = "input", Datatype = type.Name(), Shape = { 1, count }, Contents = contents };

    private static void AssertContents(TensorType type, InferTensorContents contents, byte[] expected)
    {
        using var pool = new TensorMemoryPool();
        using var read = Read(new ModelInferRequest { ModelName = "stub", Inputs = { Input(type, 3, contents) } }.ToByteArray(), pool, []);
        Assert.Equal(expected, Tensors(read, type, pool)[0]);
    }

    private static void Refuses(byte[] bytes, int[] cuts)
    {
        using var pool = new TensorMemoryPool();
        try
        {
            using var read = Read(bytes, pool, cuts);
            Tensors(read, TensorType.Fp32, pool);
        }
        catch (ServingException e)
        {
            Assert.Equal(ServingError.InvalidArgument, e.Error);
        }

        Assert.Equal(0, pool.BytesInFlight);
    }

    private static byte[][] Tensors(InferMessage message, TensorType type, TensorMemoryPool pool)
    {
        using var request = StubModel.Request(StubModel.Create(pool, type));
        message.MoveTo(request, pool);
        return [.. request.Inputs.Select(t => t.Bytes.ToArray())];
    }

    private static InferMessage Read(byte[] bytes, TensorMemoryPool pool, int[] cuts)
    {
        var reader = new InferMessageReader(pool, bytes.Length);
        try
        {
            int taken = 0;
            foreach (int end in cuts.Where(c => c < bytes.Length).Order().Append(bytes.Length))
                taken += (int)reader.Read(new ReadOnlySequence<byte>(bytes, taken, end - taken));
            Assert.True(reader.IsDone);
            return reader.Message;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }
}
