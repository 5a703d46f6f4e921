using EdgeServe.Engine.Telemetry.Drift;

namespace EdgeServe.Tests.Engine.Telemetry.Drift;

/// <summary>The promise of the drift alarm, on real data and many seeds: soon when something moved, never when nothing did.</summary>
public sealed class DriftWindowTests
{
    private const int Seeds = 40;

    [Fact]
    public void Window_in_20000_unshifted_rows_never_comes_near_an_alarm()
    {
        double nearest = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var window = Tumours.Window();
            for (int i = 0; i < 20_000; i++)
            {
                Assert.NotEqual(DriftLevel.Alarm, window.Take(Tumours.Draw(random))?.After);
                if (i % 30 == 29)
                    nearest = Math.Max(nearest, window.Features().Max(f => double.IsNaN(f.Psi) ? 0 : f.Psi / f.AlarmAt));
            }
        }

        Assert.InRange(nearest, 0.05, 0.6);
    }

    [Fact]
    public void Window_with_two_features_up_by_a_deviation_alarms_well_within_500_rows()
    {
        var after = new List<int>();
        for (int seed = 0; seed < Seeds * 5; seed++)
        {
            var random = new Random(seed);
            var window = Tumours.Window();
            int[] shifted = Tumours.Two(random);
            for (int before = 300 + random.Next(300); before > 0; before--)
                window.Take(Tumours.Draw(random));
            int rows = 0;
            DriftChange? alarm = null;
            while (alarm is not { After: DriftLevel.Alarm } && rows < 500)
            {
                rows++;
                alarm = window.Take(Tumours.Draw(random, shifted)) ?? alarm;
            }

            Assert.True(alarm is { After: DriftLevel.Alarm }, $"seed {seed}: no alarm in {rows} rows");
            Assert.Contains(alarm.Raised[0], shifted.Select(i => Tumours.Profile.Features[i].Name));
            after.Add(rows);
        }

        Assert.InRange(after.Max(), 30, 350);
    }

    [Fact]
    public void Profile_from_one_half_of_the_data_finds_the_shift_in_the_other_half()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            float[][] rows = [.. Tumours.Rows];
            random.Shuffle(rows);
            var window = Tumours.Window(Of(rows[..284]));
            var other = rows[284..];
            int[] shifted = Tumours.Two(random);
            bool alarmed = false;
            for (int i = 0; i < 500; i++)
            {
                float[] row = [.. other[random.Next(other.Length)]];
                foreach (int feature in shifted)
                    row[feature] += Tumours.Deviations[feature];
                alarmed |= window.Take(row) is { After: DriftLevel.Alarm };
            }

            Assert.True(alarmed, $"seed {seed}");
        }
    }

    [Fact]
    public void Alarm_stands_while_the_shift_does_says_so_once_and_goes_when_it_is_over()
    {
        var random = new Random(1);
        var window = Tumours.Window();
        int raised = 0;
        for (int i = 0; i < 5_000; i++)
            raised += window.Take(Tumours.Draw(random, 3)) is { After: DriftLevel.Alarm, Raised.Count: > 0 } ? 1 : 0;
        Assert.Equal((1, DriftLevel.Alarm), (raised, window.Worst));
        Assert.Equal("mean area", window.Features().MaxBy(f => f.Psi).Name);

        DriftChange? over = null;
        for (int i = 0; i < 5 * window.Window && over is null; i++)
            over = window.Take(Tumours.Draw(random)) is { Before: DriftLevel.Alarm } change ? change : null;
        Assert.NotNull(over);
        Assert.NotEqual(DriftLevel.Alarm, window.Worst);
    }

    [Fact]
    public void What_is_missing_or_out_of_range_is_counted_apart_and_alarms()
    {
        var random = new Random(1);
        var window = Tumours.Window();
        DriftChange? alarm = null;
        for (int i = 0; i < 500; i++)
        {
            float[] row = Tumours.Draw(random);
            row[4] = i % 2 == 0 ? float.NaN : row[4];
            row[5] = i % 3 == 0 ? float.PositiveInfinity : row[5];
            alarm = window.Take(row) is { After: DriftLevel.Alarm } change ? change : alarm;
        }

        Assert.NotNull(alarm);
        var features = window.Features();
        Assert.InRange(features[4].Missing, 0.45, 0.55);
        Assert.InRange(features[5].OutOfRange, 0.3, 0.37);
        Assert.All(new[] { features[4], features[5] }, f => Assert.Equal(DriftLevel.Alarm, f.Level));
    }

    [Fact]
    public void A_restart_in_the_middle_changes_nothing()
    {
        var random = new Random(3);
        var rows = Enumerable.Range(0, 1_500).Select(i => i < 700 ? Tumours.Draw(random) : Tumours.Draw(random, 2, 9)).ToArray();
        var straight = Tumours.Window();
        var restarted = Tumours.Window();
        for (int i = 0; i < rows.Length; i++)
        {
            if (i % 97 == 0)
                restarted = Again(restarted);
            var (expected, actual) = (straight.Take(rows[i]), restarted.Take(rows[i]));
            Assert.Equal((expected?.After, expected?.Worst), (actual?.After, actual?.Worst));
        }

        Assert.Equal(straight.Features(), restarted.Features());
        Assert.Equal(DriftLevel.Alarm, restarted.Worst);
    }

    [Fact]
    public void Sketches_of_another_window_or_damaged_are_refused()
    {
        var window = Tumours.Window();
        for (int i = 0; i < 300; i++)
            window.Take(Tumours.Draw(new Random(i)));
        byte[] saved = Saved(window);
        var wider = new DriftWindow(Tumours.Profile, 1000, 0.1, 0.25);
        Assert.Throws<InvalidDataException>(() => wider.Restore(new BinaryReader(new MemoryStream(saved))));
        for (int cut = 0; cut < saved.Length; cut += 7)
            Assert.ThrowsAny<IOException>(() => Tumours.Window().Restore(new BinaryReader(new MemoryStream(saved[..cut]))));
    }

    [Fact]
    public void Counting_a_row_allocates_nothing()
    {
        var window = Tumours.Window();
        float[] row = Tumours.Draw(new Random(1));
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 1_000; i++)
                window.Take(row);
        }));
    }

    private static DriftWindow Again(DriftWindow window)
    {
        var next = Tumours.Window();
        next.Restore(new BinaryReader(new MemoryStream(Saved(window))));
        return next;
    }

    private static byte[] Saved(DriftWindow window)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        window.Save(writer);
        return memory.ToArray();
    }

    private static DriftProfile Of(float[][] rows) => new()
    {
        Rows = rows.Length,
        Features = [.. Enumerable.Range(0, 30).Select(i =>
        {
            float[] sorted = [.. rows.Select(r => r[i]).Order()];
            float[] edges = Bins.Deciles(s => sorted[Math.Min(sorted.Length - 1, (int)(s * sorted.Length))]);
            long[] counts = new long[edges.Length + 2];
            foreach (float value in sorted)
                counts[edges.Count(e => value >= e)]++;
            return new BinnedReference($"f{i}", edges, counts);
        })],
    };
}
