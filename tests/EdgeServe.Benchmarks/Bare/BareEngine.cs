using System.Diagnostics;

namespace EdgeServe.Bare;

/// <summary>Runs a second, best of: one caller, one a core on a shared session, one a core each with its own session. And the median time of one run.</summary>
internal static class BareEngine
{
    public static int Measure(string path, double seconds)
    {
        using var shared = new BareModel(path);
        double one = Rate([shared], seconds / 3);
        double together = Rate([.. Enumerable.Repeat(shared, Environment.ProcessorCount)], seconds / 3);
        BareModel[] own = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new BareModel(path))];
        double each = Rate(own, seconds / 3);
        foreach (var model in own)
            model.Dispose();
        double median = Median(shared);
        Console.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{{\"best\":{Math.Max(one, Math.Max(together, each)):F1},\"one\":{one:F1},\"shared\":{together:F1},\"own\":{each:F1},\"median_us\":{median:F1}}}"));
        return 0;
    }

    private static double Rate(BareModel[] models, double seconds)
    {
        var counts = new long[models.Length];
        long end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        var start = Stopwatch.StartNew();
        var threads = models.Select((model, i) => new Thread(() =>
        {
            using var input = model.Over(model.NewInput());
            while (Stopwatch.GetTimestamp() < end)
            {
                model.Run(input).Dispose();
                counts[i]++;
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return counts.Sum() / start.Elapsed.TotalSeconds;
    }

    private static double Median(BareModel model)
    {
        using var input = model.Over(model.NewInput());
        var times = new List<double>();
        for (var all = Stopwatch.StartNew(); all.Elapsed.TotalSeconds < 1 && times.Count < 300;)
        {
            long start = Stopwatch.GetTimestamp();
            model.Run(input).Dispose();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }
}
