using System.Diagnostics.Metrics;
using CsCheck;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Series;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Telemetry.Series;

/// <summary>The last hours' series: tiers, gaps, restarts, wall mapping, and what the meters say.</summary>
public sealed class SeriesTests
{
    private const int Requests = (int)SeriesKind.RequestsPerSecond;
    private const int Psi = (int)SeriesKind.DriftPsiMax;
    private const int Disk = (int)SeriesKind.DiskFreeBytes;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 20, 10, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Longer_steps_are_the_mean_the_most_or_the_least_of_the_shorter()
    {
        var (store, clock) = (new SeriesStore(), Clock());
        for (int i = 0; i < 12; i++)
        {
            store.Add(clock, Sample(requests: i, psi: i, disk: 100 - i));
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        var fine = store.Read(clock.Now - 1, 120 / 3600.0, [Requests]);
        Assert.Equal((10, 0), (fine.StepSeconds, fine.FromMs));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], fine.Points[0].Select(p => p!.Value));
        var minutes = store.Read(clock.Now - 1, 1.5, [Requests, Psi, Disk]);
        Assert.Equal(60, minutes.StepSeconds);
        Assert.Equal([2.5f, 8.5f], minutes.Points[0].TakeLast(2).Select(p => p!.Value));
        Assert.Equal([5, 11], minutes.Points[1].TakeLast(2).Select(p => p!.Value));
        Assert.Equal([95, 89], minutes.Points[2].TakeLast(2).Select(p => p!.Value));
        var quarters = store.Read(clock.Now - 1, 25, [Requests]);
        Assert.Equal((900, 5.5f), (quarters.StepSeconds, quarters.Points[0][^1]));
    }

    [Fact]
    public void Time_without_samples_shows_as_gaps_and_the_oldest_leaves()
    {
        var (store, clock) = (new SeriesStore(), Clock());
        store.Add(clock, Sample(1));
        _time.Advance(TimeSpan.FromSeconds(50));
        store.Add(clock, Sample(2));
        Assert.Equal([1, null, null, null, null, 2], store.Read(clock.Now, 60 / 3600.0, [Requests]).Points[0]);
        _time.Advance(TimeSpan.FromHours(1));
        store.Add(clock, Sample(3));
        var hour = store.Read(clock.Now, 1, [Requests]).Points[0];
        Assert.Equal((360, 3f, 1), (hour.Length, hour[^1], hour.Count(p => p is not null)));
        Assert.Equal([1.5f, 3f], store.Read(clock.Now, 1.1, [Requests]).Points[0].Where(p => p is not null).Select(p => p!.Value));
    }

    [Fact]
    public void A_full_store_comes_back_from_a_small_file()
    {
        var (store, clock) = (new SeriesStore(), Clock());
        var random = new Random(1);
        for (int i = 0; i < 14 * 24 * 60; i++)
        {
            store.Add(clock, [.. SeriesInfo.All.Select((_, s) => s == Psi ? float.NaN : 1 + random.NextSingle())]);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        byte[] saved = store.Save();
        // Noise is the worst there is.
        Assert.InRange(saved.Length, 1_000, 110_000);
        var back = SeriesStore.Restore(saved)!;
        int[] all = [.. Enumerable.Range(0, SeriesInfo.All.Count)];
        foreach (double hours in new[] { 1.0, 24, SeriesStore.MostHours })
        {
            var (expected, actual) = (store.Read(clock.Now, hours, all), back.Read(clock.Now, hours, all));
            Assert.Equal((expected.StepSeconds, expected.FromMs), (actual.StepSeconds, actual.FromMs));
            Assert.Equal(expected.Clocks, actual.Clocks);
            foreach (int s in all)
                Assert.All(expected.Points[s].Zip(actual.Points[s]), p => Assert.True(p.First == p.Second || Math.Abs(p.First!.Value - p.Second!.Value) < 0.001 * p.First.Value));
        }

        for (int cut = 0; cut < saved.Length; cut += 997)
            Assert.Null(SeriesStore.Restore(saved[..cut]));
    }

    [Fact]
    public void A_clock_that_is_set_right_moves_the_points_of_its_boot_and_no_others()
    {
        var old = new BootClock("boot", 1_000, 500, ClockQuality.Free);
        Assert.Equal(old with { WallMinusRunningMs = 9_000, Quality = ClockQuality.Synchronized }, old.Seen(2_000, 11_000, ClockQuality.Synchronized));
        Assert.Equal(old, old.Seen(2_000, 11_000, ClockQuality.Unset));
        Assert.Equal(old, old.Seen(2_000, 11_000, ClockQuality.SetBack));

        var store = new SeriesStore();
        store.Add(Clock("first"), Sample(1));
        store.Add(Clock("second"), Sample(1));
        store.Add(Clock("second"), Sample(1));
        Assert.Equal(["first", "second"], store.Read(0, 1, []).Clocks.Select(c => c.BootId));
    }

    [Fact]
    public void Latencies_are_good_to_a_sixteenth() => Gen.Double[0.00001, 50].Array[1, 200].Sample(seconds =>
    {
        var buckets = new LatencyBuckets();
        foreach (double s in seconds)
            buckets.Record(s);
        var (count, half, most) = buckets.Take();
        double[] sorted = [.. seconds.Order()];
        double exactHalf = sorted[(int)Math.Ceiling(0.5 * sorted.Length) - 1];
        double exactMost = sorted[(int)Math.Ceiling(0.99 * sorted.Length) - 1];
        Assert.Equal(seconds.Length, count);
        Assert.InRange(half, exactHalf * 0.93, exactHalf * 1.07);
        Assert.InRange(most, exactMost * 0.93, exactMost * 1.07);
        Assert.Equal(0, buckets.Take().Count);
    });

    [Fact]
    public void The_listener_hears_what_meters_say_by_their_names_alone()
    {
        using var meter = new Meter("test");
        long failures = 0;
        using var listener = new SeriesListener();
        listener.Start();
        var durations = meter.CreateHistogram<double>("edgeserve_request_duration");
        meter.CreateObservableCounter("edgeserve_requests_failure_total", () => new Measurement<long>[] { new(failures), new(1) });
        meter.CreateObservableGauge("edgeserve_pending_requests", () => new Measurement<long>[] { new(2), new(3) });
        meter.CreateObservableGauge("edgeserve_jobs", () => new Measurement<long>[] { new(7, new KeyValuePair<string, object?>("state", "queued")), new(9, new KeyValuePair<string, object?>("state", "running")) });
        meter.CreateObservableGauge("edgeserve_drift_psi_max", () => new Measurement<double>[] { new(0.1), new(0.7) });
        meter.CreateObservableGauge("edgeserve_disk_free_bytes", () => 1L << 30);
        meter.CreateObservableGauge("edgeserve_degraded", Broken);
        listener.Sample(TimeSpan.FromSeconds(10));
        for (int i = 0; i < 100; i++)
            durations.Record(0.01);
        failures = 20;
        float[] sample = listener.Sample(TimeSpan.FromSeconds(10));
        // Other tests of this process may serve at the same time: at least what was said here.
        Assert.True(sample[Requests] >= 10, $"{sample[Requests]} requests a second");
        Assert.True(sample[(int)SeriesKind.ErrorsPerSecond] >= 2);
        Assert.True(sample[(int)SeriesKind.QueueDepth] >= 5);
        Assert.True(sample[(int)SeriesKind.JobsWaiting] >= 7);
        Assert.True(sample[Psi] >= 0.7f);
        Assert.True(sample[(int)SeriesKind.LatencyP99Ms] > 0);
        Assert.True(float.IsNaN(sample[(int)SeriesKind.LatencyP50Ms]) is false);
    }

    [Fact]
    public async Task A_restart_keeps_the_series_and_a_damaged_file_begins_anew()
    {
        using var folder = new TempFolder();
        using var data = new DataDirectory(folder["data"]);
        data.Take();
        using (var recorder = new SeriesRecorder(data, Clock(), _time, NullLogger<SeriesRecorder>.Instance))
        {
            await recorder.StartAsync(TestContext.Current.CancellationToken);
            _time.Advance(TimeSpan.FromSeconds(5));
            await recorder.StopAsync(TestContext.Current.CancellationToken);
        }

        using (var recorder = new SeriesRecorder(data, Clock(), _time, NullLogger<SeriesRecorder>.Instance))
            Assert.NotNull(recorder.Store.Read(5_000, 1, [Requests]).Points[0][^1]);
        foreach (string file in Directory.GetFiles(folder["data/telemetry"]))
            await File.WriteAllTextAsync(file, "no series", TestContext.Current.CancellationToken);
        using (var recorder = new SeriesRecorder(data, Clock(), _time, NullLogger<SeriesRecorder>.Instance))
            Assert.All(recorder.Store.Read(5_000, 1, [Requests]).Points[0], p => Assert.Null(p));
    }

    private static int Broken() => throw new InvalidOperationException("its part is closed");

    private DeviceClock Clock(string boot = "boot") => new(_time, null, boot, TimeSpan.Zero);

    private static float[] Sample(float requests, float psi = float.NaN, float disk = float.NaN)
    {
        float[] sample = new float[SeriesInfo.All.Count];
        sample.AsSpan().Fill(float.NaN);
        (sample[Requests], sample[Psi], sample[Disk]) = (requests, psi, disk);
        return sample;
    }
}
