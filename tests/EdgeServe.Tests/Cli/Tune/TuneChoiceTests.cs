using EdgeServe.Cli.Tune;

namespace EdgeServe.Tests.Cli.Tune;

/// <summary>What is measured, and which row wins.</summary>
public sealed class TuneChoiceTests
{
    private const string Own = "model.onnx", Other = "model.fp32.onnx";

    [Fact]
    public void Most_answers_within_the_bound_win()
    {
        TuneRow slow = Row(1, 1, 300, p95: 9), most = Row(2, 1, 200, p95: 4), few = Row(1, 2, 100, p95: 2);
        Assert.Equal(most, TuneChoice.Best([few, slow, most], 4));
        Assert.Equal(slow, TuneChoice.Best([few, slow, most], 9));
    }

    [Fact]
    public void Within_a_few_percent_the_fewer_threads_win_then_no_spinning_then_no_batch()
    {
        TuneRow most = Row(2, 2, 100), few = Row(1, 2, 96), one = Row(2, 1, 96), spinning = Row(1, 2, 99, spin: true), batched = Row(1, 2, 97, batch: 4);
        Assert.Equal(few, TuneChoice.Best([spinning, batched, most, one, few], 10));
        Assert.Equal(few, TuneChoice.Best([few, one, most, batched, spinning], 10));
        Assert.Equal(most, TuneChoice.Best([Row(1, 1, 94), most], 10));
    }

    [Fact]
    public void Another_graph_wins_by_more_than_a_few_percent_only()
    {
        TuneRow own = Row(2, 1, 96), other = Row(1, 1, 100, graph: Other);
        Assert.Equal(own, TuneChoice.Best([own, other], 10));
        Assert.Equal(other, TuneChoice.Best([own with { PerSecond = 94 }, other], 10));
    }

    [Fact]
    public void Every_graph_is_measured_every_way_the_own_one_first() =>
        Assert.Equal([Own, Own, Own, Own, Other, Other, Other, Other], TuneCandidate.All([Own, Other], 2, 0).Select(c => c.Graph));

    [Fact]
    public void When_none_keeps_the_bound_the_quickest_wins()
    {
        TuneRow quickest = Row(1, 1, 10, p95: 5), most = Row(2, 1, 100, p95: 6);
        Assert.Equal(quickest, TuneChoice.Best([most, quickest], 1));
    }

    [Fact]
    public void Without_a_bound_of_its_own_twice_the_lowest_p95_is_allowed()
    {
        TuneRow[] rows = [Row(1, 1, 10, p95: 5), Row(2, 1, 100, p95: 6)];
        Assert.Equal(10, TuneChoice.Bound(rows, null));
        Assert.Equal(7, TuneChoice.Bound(rows, 7));
        Assert.Equal(1, TuneChoice.Bound([Row(1, 1, 10, p95: 0.02)], null));
        Assert.Equal(0.5, TuneChoice.Bound([Row(1, 1, 10, p95: 0.02)], 0.5));
    }

    [Theory]
    [InlineData(1, 1024, "1x1 1x1/4 1x1/8")]
    [InlineData(2, 0, "1x1 1x2 2x1 2x1s")]
    [InlineData(2, 4, "1x1 1x1/4 1x2 1x2/4 2x1 2x1/4 2x1s 2x1s/4")]
    [InlineData(4, 1, "1x1 1x2 1x4 2x1 2x1s 2x2 2x2s 4x1 4x1s")]
    [InlineData(6, 0, "1x1 1x2 1x4 1x6 2x1 2x1s 2x2 2x2s 4x1 4x1s 6x1 6x1s")]
    public void What_is_measured_fits_the_cores_and_the_model(int cores, int maxBatchSize, string expected) =>
        Assert.Equal(expected, string.Join(' ', TuneCandidate.All([Own], cores, maxBatchSize).Select(c => $"{c.Threads}x{c.Instances}{(c.Spin ? "s" : "")}{(c.Batch > 1 ? $"/{c.Batch}" : "")}")));

    private static TuneRow Row(int threads, int instances, double rate, double p95 = 1, bool spin = false, int batch = 1, string graph = Own) => new(graph, threads, instances, spin, batch, rate, p95 / 2, p95);
}
