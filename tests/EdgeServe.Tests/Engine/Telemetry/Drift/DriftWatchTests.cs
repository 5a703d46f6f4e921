using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Telemetry.Drift;
using EdgeServe.Tests.Engine.Inference;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Telemetry.Drift;

/// <summary>What a watch costs those who are answered, and what it can see.</summary>
public sealed class DriftWatchTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly TensorMemoryPool _pool = new(64 << 20);

    [Fact]
    public void Rows_beyond_what_a_second_may_cost_are_skipped_and_counted()
    {
        using var request = Request(rows: 64);
        var watch = Watch();
        int affordable = DriftWatch.NumbersPerSecond / 32;
        int sent = 0;
        for (; sent < affordable + 6_400; sent += 64)
            watch.Observe(request, []);
        Assert.Equal((affordable, sent - affordable), (watch.State().Rows, watch.State().Skipped));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        watch.Observe(request, []);
        Assert.Equal(affordable + 64, watch.State().Rows);
    }

    [Fact]
    public void Counting_a_request_allocates_nothing()
    {
        using var request = Request(rows: 1);
        var watch = Watch();
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 1_000; i++)
                watch.Observe(request, []);
        }));
    }

    [Fact]
    public async Task Threads_that_collide_lose_no_count_and_wait_for_nobody()
    {
        using var request = Request(rows: 1);
        var watch = Watch();
        const int each = 10_000;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < each; i++)
                watch.Observe(request, []);
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(4 * each, watch.State().Rows + watch.State().Skipped);
    }

    [Fact]
    public void A_picture_is_watched_by_its_answer_alone_and_text_not_at_all()
    {
        var picture = new ModelSignature([new TensorSpec("image", TensorType.Fp32, [-1, 3, 48, 48])], [new TensorSpec("p", TensorType.Fp32, [-1, 10])]);
        var map = new RowMap(picture, 8, new ReferenceDefinition());
        Assert.Equal((0, "p", 10), (map.Features.Length, map.Output, map.Classes));
        Assert.Empty(map.Features);
        var text = new ModelSignature([new TensorSpec("text", TensorType.Bytes, [-1, 1])], [new TensorSpec("t", TensorType.Bytes, [-1, 1])]);
        Assert.True(new RowMap(text, 8, new ReferenceDefinition()).IsEmpty);
    }

    [Theory]
    [InlineData(TensorType.Uint8, new byte[] { 200 }, 200)]
    [InlineData(TensorType.Int8, new byte[] { 0xFE }, -2)]
    [InlineData(TensorType.Int16, new byte[] { 0xFE, 0xFF }, -2)]
    [InlineData(TensorType.Int64, new byte[] { 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, -2)]
    [InlineData(TensorType.Fp16, new byte[] { 0x00, 0xC0 }, -2)]
    [InlineData(TensorType.Bf16, new byte[] { 0x00, 0xC0 }, -2)]
    [InlineData(TensorType.Fp64, new byte[] { 0, 0, 0, 0, 0, 0, 0, 0xC0 }, -2)]
    public void Every_kind_of_number_is_read(TensorType type, byte[] bytes, float expected)
    {
        var signature = new ModelSignature([new TensorSpec("x", type, [-1, 1])], []);
        var memory = _pool.Rent(bytes.Length);
        bytes.CopyTo(memory.Span(0, bytes.Length));
        using var request = StubModel.Request(StubModel.Create(_pool, type));
        request.Inputs.Add(new Tensor("x", type, [1, 1], memory, bytes.Length));
        float[] row = new float[1];
        new RowMap(signature, 4, new ReferenceDefinition()).Read(request, 0, row);
        Assert.Equal(expected, row[0]);
    }

    private DriftWatch Watch()
    {
        var signature = new ModelSignature([new TensorSpec("features", TensorType.Fp32, [-1, 30])], [new TensorSpec("probabilities", TensorType.Fp32, [-1, 2])]);
        return new DriftWatch(new ModelVersionKey("m", 1), new RowMap(signature, 64, Tumours.Definition), Tumours.Definition, Tumours.Profile, _time, (_, _) => { });
    }

    private InferRequest Request(int rows)
    {
        var request = StubModel.Request(StubModel.Create(_pool, TensorType.Fp32));
        var memory = _pool.Rent(rows * 120);
        memory.Span(0, rows * 120).Clear();
        request.Inputs.Add(new Tensor("features", TensorType.Fp32, [rows, 30], memory, rows * 120));
        request.BatchSize = rows;
        return request;
    }
}
