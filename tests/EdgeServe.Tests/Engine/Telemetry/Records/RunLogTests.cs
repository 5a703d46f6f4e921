using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Telemetry.Records;
using EdgeServe.Tests.Engine.Inference;
using Microsoft.Extensions.Time.Testing;

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
        log.Open(64);
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
            var noted = log.Close();
            log.Open(64);
            foreach (ref readonly var record in noted)
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
        Assert.False(log.HasRoom);
        log.Open(100);
        for (int i = 0; i < 10; i++)
            log.Add(new RunRecord { Rows = i });
        Assert.False(log.HasRoom);
        Assert.Equal([0, 1, 2, 3], log.Close().ToArray().Select(r => r.Rows));
        log.Add(new RunRecord { Rows = 6 });
        log.Open(2);
        log.Add(new RunRecord { Rows = 7 });
        Assert.Equal([7], log.Close().ToArray().Select(r => r.Rows));
        log.Open(-5);
        Assert.False(log.HasRoom);
        Assert.Empty(log.Close().ToArray());
        Assert.Equal(2, rings);
    }

    [Fact]
    public void A_budget_is_never_exceeded_and_what_was_not_used_comes_back()
    {
        var time = new FakeTimeProvider();
        var budget = new RecordBudget(60, time);
        Assert.Equal(60, budget.Exchange(100, 0));
        Assert.True(budget.IsFull);
        Assert.Equal(10, budget.Exchange(100, 50));
        Assert.False(budget.IsFull);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(10, budget.Exchange(100, 10));
        Assert.Equal(0, budget.Exchange(100, 10));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(40, budget.Exchange(40, 0));
        Assert.True(budget.IsFull);
        long told = 40;
        int slots = budget.Exchange(1000, 40);
        for (int second = 0; second < 600; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            told += slots;
            slots = budget.Exchange(1000, slots);
        }

        Assert.InRange(told, 600, 720);
    }
}
