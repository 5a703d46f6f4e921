using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Telemetry.Records;
using EdgeServe.Tests.Engine.Inference;

namespace EdgeServe.Tests.Engine.Telemetry.Records;

public sealed class RunLogTests
{
    [Fact]
    public async Task Under_load_each_request_is_told_once_in_full_or_in_a_count()
    {
        const int Threads = 4;
        const int Each = 200_000;
        using var pool = new TensorMemoryPool();
        var model = StubModel.Create(pool, TensorType.Fp32);
        var log = new RunLog(64);
        var counts = new RecordCounts();
        var threads = Enumerable.Range(0, Threads).Select(t => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                model.Statistics.Succeeded(1, 1, 1);
                if (log.HasRoom)
                    log.Add(new RunRecord { Model = model, Rows = 1 });
            }
        })).ToArray();
        long full = 0, counted = 0;
        bool last = false;
        while (true)
        {
            var read = RecordCounts.Read([(model.Key, model.Statistics)]);
            foreach (ref readonly var record in log.Turn(64))
            {
                Assert.Same(model, record.Model);
                counts.Told(record);
                full++;
            }

            counted += counts.Take(read).Sum(c => c.Count);
            if (last)
                break;
            last = Task.WhenAll(threads).IsCompleted;
        }

        await Task.WhenAll(threads);
        Assert.Equal(Threads * (long)Each, full + counted);
        Assert.True(full > 64);
    }

    [Fact]
    public void A_full_page_takes_nothing_and_the_first_of_a_page_rings()
    {
        var log = new RunLog(4);
        int rings = 0;
        log.Began += () => rings++;
        for (int i = 0; i < 10; i++)
            log.Add(new RunRecord { Rows = i });
        Assert.False(log.HasRoom);
        Assert.Equal([0, 1, 2, 3], log.Turn(2).ToArray().Select(r => r.Rows));
        log.Add(new RunRecord { Rows = 7 });
        Assert.Equal([7], log.Turn(0).ToArray().Select(r => r.Rows));
        Assert.False(log.HasRoom);
        Assert.Equal(2, rings);
    }
}
