using EdgeServe.Engine;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Drift;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Tests.Engine.Telemetry.Drift;

/// <summary>The monitor over the real model and the infer flow.</summary>
public sealed class DriftMonitorTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<IAsyncDisposable> _services = [];
    private readonly List<IDisposable> _owned = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var services in _services)
            await services.DisposeAsync();
        _owned.ForEach(o => o.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public async Task Shifted_requests_alarm_within_500_and_unshifted_ones_never()
    {
        Copy(reference: true);
        var (engine, monitor) = await StartAsync();
        var random = new Random(5);
        await SendAsync(engine, random, 20_000);
        var quiet = Assert.Single(monitor.States);
        Assert.Equal((DriftLevel.Ok, ReferenceSource.Shipped, 20_000, 0), (quiet.Level == DriftLevel.Warn ? DriftLevel.Ok : quiet.Level, quiet.Reference, quiet.Rows, quiet.Skipped));
        Assert.Equal(["class", "confidence"], quiet.Features.Select(f => f.Name).Where(n => n is "class" or "confidence").Order());
        await SendAsync(engine, random, 500, 0, 7);
        var state = Assert.Single(monitor.States);
        Assert.Equal(DriftLevel.Alarm, state.Level);
        Assert.All(state.Features.Where(f => f.Name is "mean radius" or "mean concave points"), f => Assert.Equal(DriftLevel.Alarm, f.Level));
    }

    [Fact]
    public async Task Without_a_profile_the_first_rows_are_learned_over_a_restart_and_watched_then()
    {
        Copy(reference: false);
        var random = new Random(6);
        for (int start = 0; start < 4; start++)
        {
            var (engine, monitor) = await StartAsync();
            await SendAsync(engine, random, 350);
            Assert.Equal(start < 3 ? ReferenceSource.Learning : ReferenceSource.Learned, Assert.Single(monitor.States).Reference);
            await StopAsync(monitor);
        }

        {
            var (engine, monitor) = await StartAsync();
            await SendAsync(engine, random, 3_000);
            Assert.NotEqual(DriftLevel.Alarm, Assert.Single(monitor.States).Level);
            await StopAsync(monitor);
        }

        {
            var (engine, monitor) = await StartAsync();
            await SendAsync(engine, random, 500, 2, 12);
            var state = Assert.Single(monitor.States);
            Assert.Equal((DriftLevel.Alarm, ReferenceSource.Learned), (state.Level, state.Reference));
            // A row that comes while the sketches are being read is passed over: requests do not wait for it.
            Assert.InRange(state.Rows, 1_400 + 3_000 + 500 - 20, 1_400 + 3_000 + 500);
        }
    }

    [Fact]
    public async Task Sketches_belong_to_one_graph_and_one_reference()
    {
        Copy(reference: true);
        var (engine, monitor) = await StartAsync();
        await SendAsync(engine, new Random(1), 100);
        await StopAsync(monitor);
        (engine, monitor) = await StartAsync();
        Assert.Equal(100, Assert.Single(monitor.States).Rows);
        await StopAsync(monitor);

        // Another reference: anew.
        string path = _folder["models/breast-cancer/1/reference.json"];
        await File.WriteAllBytesAsync(path, DriftProfileJson.Write(Tumours.Profile with { Rows = 570 }), TestContext.Current.CancellationToken);
        (engine, monitor) = await StartAsync();
        Assert.Equal(0, Assert.Single(monitor.States).Rows);
    }

    [Fact]
    public async Task A_reload_goes_on_and_a_useless_profile_stops_nobody()
    {
        Copy(reference: true);
        var (engine, monitor) = await StartAsync();
        await SendAsync(engine, new Random(1), 100);
        await engine.Catalog.LoadAsync("breast-cancer", null, TestContext.Current.CancellationToken);
        Assert.Equal(100, Assert.Single(monitor.States).Rows);

        await File.WriteAllTextAsync(_folder["models/breast-cancer/1/reference.json"], "{}", TestContext.Current.CancellationToken);
        await engine.Catalog.LoadAsync("breast-cancer", null, TestContext.Current.CancellationToken);
        await SendAsync(engine, new Random(1), 1);
        Assert.Equal(ReferenceSource.Learning, Assert.Single(monitor.States).Reference);
    }

    [Fact]
    public async Task The_authors_run_makes_the_very_profile_that_ships()
    {
        Copy(reference: false);
        var (engine, monitor) = await StartAsync();
        var model = await engine.Catalog.LeaseAsync("breast-cancer", 0, TestContext.Current.CancellationToken);
        try
        {
            var made = await new ProfileRun(engine, model).RunAsync([Tumours.DataFile], null, TestContext.Current.CancellationToken);
            Assert.Equal(Tumours.Profile.Features.Select(f => (f.Name, string.Join(' ', f.Edges), string.Join(' ', f.Counts))), made.Features.Select(f => (f.Name, string.Join(' ', f.Edges), string.Join(' ', f.Counts))));
            Assert.Equal(569, made.Classes.Sum());

            // The same rows as requests, one a line.
            string lines = _folder["rows.jsonl"];
            await File.WriteAllLinesAsync(lines, Tumours.Rows.Select(Request), TestContext.Current.CancellationToken);
            var again = await new ProfileRun(engine, model).RunAsync([lines], null, TestContext.Current.CancellationToken);
            Assert.Equal(made.Features.Select(f => string.Join(' ', f.Counts)), again.Features.Select(f => string.Join(' ', f.Counts)));
            Assert.Equal("features[0]", again.Features[0].Name);
            await File.WriteAllTextAsync(lines, Request(Tumours.Rows[0]) + "\n{\"inputs\":[]}\n", TestContext.Current.CancellationToken);
            var refused = await Assert.ThrowsAsync<InvalidDataException>(() => new ProfileRun(engine, model).RunAsync([lines], null, TestContext.Current.CancellationToken));
            Assert.Contains(lines, refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            model.Release();
        }

        Assert.Equal(0, Assert.Single(monitor.States).Rows);
    }

    private static string Request(float[] row) =>
        $$"""{"inputs":[{"name":"features","shape":[1,30],"datatype":"FP32","data":[{{string.Join(',', row.Select(v => v.ToString(System.Globalization.CultureInfo.InvariantCulture)))}}]}]}""";

    private void Copy(bool reference)
    {
        string target = Directory.CreateDirectory(_folder["models/breast-cancer/1"]).FullName;
        foreach (string file in Directory.EnumerateFiles(Tumours.ModelFolder).Where(f => reference || !f.EndsWith("reference.json", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
    }

    private async Task<(InferenceEngine Engine, DriftMonitor Monitor)> StartAsync()
    {
        var services = new ServiceCollection().AddLogging().AddEngine(new EngineOptions { ModelDirectory = _folder["models"] }).BuildServiceProvider();
        _services.Add(services);
        var data = new DataDirectory(_folder["data"]);
        data.Take();
        _owned.Add(data);
        var catalog = services.GetRequiredService<ModelCatalog>();
        var monitor = new DriftMonitor(catalog, data, TimeProvider.System, NullLogger<DriftMonitor>.Instance);
        _owned.Add(monitor);
        await monitor.StartAsync(TestContext.Current.CancellationToken);
        await catalog.LoadAllAsync(_ => true, TestContext.Current.CancellationToken);
        return (services.GetRequiredService<InferenceEngine>(), monitor);
    }

    /// <summary>As at a clean stop: sketches written, directory given back.</summary>
    private async Task StopAsync(DriftMonitor monitor)
    {
        await monitor.StopAsync(CancellationToken.None);
        _owned.ForEach(o => o.Dispose());
        _owned.Clear();
    }

    private static async Task SendAsync(InferenceEngine engine, Random random, int requests, params int[] shifted)
    {
        for (int i = 0; i < requests; i++)
        {
            var model = await engine.Catalog.LeaseAsync("breast-cancer", 0, TestContext.Current.CancellationToken);
            using var request = new InferRequest(model);
            var memory = engine.Memory.Rent(120);
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(Tumours.Draw(random, shifted).AsSpan()).CopyTo(memory.Span(0, 120));
            request.Inputs.Add(new Tensor("features", TensorType.Fp32, [1, 30], memory, 120));
            request.InputBytes = 120;
            using var response = await engine.InferAsync(request, TestContext.Current.CancellationToken);
        }
    }
}
