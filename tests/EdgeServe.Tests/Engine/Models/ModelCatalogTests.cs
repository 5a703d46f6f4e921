using EdgeServe.Engine;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.TestModels;
using EdgeServe.Tests.Engine.Device.Governor;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeServe.Tests.Engine.Models;

/// <summary>The catalog over real graphs: loading, eviction, version policies.</summary>
public sealed class ModelCatalogTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("edgeserve-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Least_recently_used_leaves_first_pinned_stays_and_evicted_comes_back_on_demand()
    {
        foreach (string name in new[] { "a", "b", "c", "pinned" })
            Add(name, 1);
        await using var services = Services(new CatalogOptions { MemoryBudgetBytes = 30 << 20, Pinned = new HashSet<string> { "pinned" } });
        var catalog = services.GetRequiredService<ModelCatalog>();
        foreach (string name in new[] { "pinned", "a", "b" })
            await catalog.LoadAsync(name, null, TestContext.Current.CancellationToken);
        (await catalog.LeaseAsync("a", 0, TestContext.Current.CancellationToken)).Release();
        await catalog.LoadAsync("c", null, TestContext.Current.CancellationToken);
        Assert.True(catalog.Find("b", 0).Evicted);
        Assert.Equal(VersionState.Ready, catalog.Find("b", 0).State);
        Assert.All(new[] { "pinned", "a", "c" }, name => Assert.NotNull(catalog.Find(name, 0).Served));

        (await catalog.LeaseAsync("b", 0, TestContext.Current.CancellationToken)).Release();
        Assert.NotNull(catalog.Find("b", 0).Served);
        Assert.NotNull(catalog.Find("pinned", 0).Served);
        Assert.InRange(catalog.MemoryBytes, 1, 30 << 20);
    }

    [Fact]
    public async Task A_model_beyond_the_budget_is_refused()
    {
        Add("a", 1);
        await using var services = Services(new CatalogOptions { MemoryBudgetBytes = 1 << 20 });
        var error = await Assert.ThrowsAsync<ServingException>(() => services.GetRequiredService<ModelCatalog>().LoadAsync("a", null, TestContext.Current.CancellationToken));
        Assert.Equal(ServingError.OutOfModelMemory, error.Error);
    }

    [Fact]
    public async Task A_model_that_would_not_fit_what_is_left_is_refused_before_it_is_tried_and_idle_ones_leave_for_it()
    {
        using var board = new BoardTree();
        board.Memory(available: 90, total: 1000);
        Add("a", 1);
        Add("b", 1);
        Add("large", 1, "{\"memory_estimate_bytes\":73400320}");
        Add("huge", 1, "{\"memory_estimate_bytes\":104857600}");
        await using var services = Services(new CatalogOptions(), board.Path);
        var catalog = services.GetRequiredService<ModelCatalog>();
        foreach (string name in new[] { "a", "b", "large" })
            await catalog.LoadAsync(name, null, TestContext.Current.CancellationToken);
        // 90 - 24 for others are left, 70 are needed: the least recently used of the small ones had to go.
        Assert.True(catalog.Find("a", 0).Evicted);
        Assert.NotNull(catalog.Find("b", 0).Served);

        board.Memory(available: 20, total: 1000);
        var error = await Assert.ThrowsAsync<ServingException>(() => catalog.LoadAsync("huge", null, TestContext.Current.CancellationToken));
        Assert.Equal(ServingError.OutOfModelMemory, error.Error);
        Assert.Contains($"'huge' version 1 needs about 104857600 bytes, the machine has {20 << 20} left", error.Message, StringComparison.Ordinal);
        Assert.Contains("Unload a model", error.Hint, StringComparison.Ordinal);
        Assert.NotNull(catalog.Find("large", 0).Served);
        Assert.NotNull(catalog.Find("b", 0).Served);
    }

    [Fact]
    public async Task What_nobody_used_for_a_while_leaves_memory_and_comes_back_on_demand()
    {
        Add("idle", 1);
        Add("leased", 1);
        Add("pinned", 1);
        await using var services = Services(new CatalogOptions { Pinned = new HashSet<string> { "pinned" } });
        var catalog = services.GetRequiredService<ModelCatalog>();
        await catalog.LoadAllAsync(_ => true, TestContext.Current.CancellationToken);
        var lease = await catalog.LeaseAsync("leased", 0, TestContext.Current.CancellationToken);
        catalog.EvictIdle(TimeSpan.FromHours(1000));
        Assert.NotNull(catalog.Find("idle", 0).Served);
        catalog.EvictIdle(TimeSpan.Zero);
        Assert.True(catalog.Find("idle", 0).Evicted);
        Assert.All(new[] { "leased", "pinned" }, name => Assert.NotNull(catalog.Find(name, 0).Served));
        lease.Release();
        (await catalog.LeaseAsync("idle", 0, TestContext.Current.CancellationToken)).Release();
    }

    [Fact]
    public async Task Statistics_outlive_a_version_but_not_for_ever()
    {
        await using var services = Services(new CatalogOptions());
        var catalog = services.GetRequiredService<ModelCatalog>();
        for (int version = 1; version <= 30; version++)
        {
            Add("a", version);
            await catalog.LoadAsync("a", null, TestContext.Current.CancellationToken);
        }

        long[] kept = [.. catalog.Statistics.Select(s => s.Key.Version)];
        Assert.InRange(kept.Length, 2, 12);
        Assert.Equal(30, kept[^1]);
        Assert.Contains(29, kept);
    }

    [Fact]
    public async Task Policy_of_a_model_decides_its_versions()
    {
        Add("a", 1);
        Add("a", 2);
        Add("a", 3);
        VersionPolicy.TryParse("specific:1,3", out var policy);
        await using var services = Services(new CatalogOptions { Policies = new Dictionary<string, VersionPolicy> { ["a"] = policy } });
        var catalog = services.GetRequiredService<ModelCatalog>();
        await catalog.LoadAllAsync(_ => true, TestContext.Current.CancellationToken);
        Assert.Equal([1, 3], catalog.Current.Find("a")!.Versions.Select(v => v.Version));
        Assert.Equal(3, catalog.Find("a", 0).Version);
    }

    [Fact]
    public async Task Before_the_models_were_looked_through_none_is_called_unknown()
    {
        Add("a", 1);
        await using var services = Services(new CatalogOptions());
        var catalog = services.GetRequiredService<ModelCatalog>();
        Assert.Equal(ServingError.ModelNotReady, Assert.Throws<ServingException>(() => catalog.Find("a", 0)).Error);
        Assert.Equal(ServingError.ModelNotReady, Assert.Throws<ServingException>(() => catalog.Find("a", 1)).Error);
        await catalog.LoadAllAsync(_ => true, TestContext.Current.CancellationToken);
        Assert.Equal(1, catalog.Find("a", 0).Version);
        Assert.Equal(ServingError.UnknownModel, Assert.Throws<ServingException>(() => catalog.Find("b", 0)).Error);
    }

    [Fact]
    public async Task One_bad_model_never_stops_the_others()
    {
        Add("good", 1);
        Add("bad", 1);
        await File.WriteAllTextAsync(Path.Combine(_root, "bad", "1", "model.onnx"), "no graph", TestContext.Current.CancellationToken);
        await using var services = Services(new CatalogOptions());
        var catalog = services.GetRequiredService<ModelCatalog>();
        await catalog.LoadAllAsync(_ => true, TestContext.Current.CancellationToken);
        Assert.NotNull(catalog.Find("good", 0).Served);
        Assert.Equal(VersionState.Unavailable, catalog.Current.Find("bad")!.Versions[0].State);
        Assert.Equal(ServingError.ModelNotReady, Assert.Throws<ServingException>(() => catalog.Find("bad", 0)).Error);
    }

    [Fact]
    public async Task Its_definition_says_which_graph_runs()
    {
        Add("a", 1, "{\"execution\":{\"graph\":\"model.fp32.onnx\"}}");
        await using var services = Services(new CatalogOptions());
        var catalog = services.GetRequiredService<ModelCatalog>();
        var error = await Assert.ThrowsAsync<ServingException>(() => catalog.LoadAsync("a", null, TestContext.Current.CancellationToken));
        Assert.Contains("execution.graph is model.fp32.onnx, which is not beside it", error.Message, StringComparison.Ordinal);
        File.WriteAllBytes(Path.Combine(_root, "a", "1", "model.fp32.onnx"), TestGraphs.Reciprocal());
        await catalog.LoadAsync("a", null, TestContext.Current.CancellationToken);
        Assert.Equal("input", catalog.Find("a", 0).Served!.Signature.Inputs[0].Name);
    }

    [Theory]
    [InlineData("../model.onnx")]
    [InlineData("/etc/passwd")]
    [InlineData("other.onnx")]
    public async Task A_graph_lies_beside_its_definition(string name)
    {
        Add("a", 1, $"{{\"execution\":{{\"graph\":\"{name}\"}}}}");
        await using var services = Services(new CatalogOptions());
        var error = await Assert.ThrowsAsync<ServingException>(() => services.GetRequiredService<ModelCatalog>().LoadAsync("a", null, TestContext.Current.CancellationToken));
        Assert.Contains($"execution.graph: '{name}' is not model.onnx", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_is_not_there_is_replaced_and_the_reason_shows()
    {
        Add("a", 1, """{"execution":{"providers":["tensorrt","cuda","cpu"]}}""");
        await using var services = Services(new CatalogOptions());
        var catalog = services.GetRequiredService<ModelCatalog>();
        await catalog.LoadAsync("a", null, TestContext.Current.CancellationToken);
        var served = catalog.Find("a", 0).Served!;
        Assert.Equal("cpu", served.Provider);
        Assert.Contains("tensorrt", served.ProviderNote, StringComparison.Ordinal);
        Assert.Contains("cuda", served.ProviderNote, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_leased_version_lives_through_its_unloading()
    {
        Add("a", 1);
        await using var services = Services(new CatalogOptions());
        var catalog = services.GetRequiredService<ModelCatalog>();
        await catalog.LoadAsync("a", null, TestContext.Current.CancellationToken);
        var leased = await catalog.LeaseAsync("a", 0, TestContext.Current.CancellationToken);
        await catalog.UnloadAsync("a", TestContext.Current.CancellationToken);
        Assert.False(catalog.DrainAsync().IsCompleted);
        Assert.Equal("input", leased.Signature.Inputs[0].Name);
        leased.Release();
        await catalog.DrainAsync();
    }

    private void Add(string name, int version, string definition = """{"memory_estimate_bytes":10485760}""")
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, name, version.ToString(System.Globalization.CultureInfo.InvariantCulture))).FullName;
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), TestGraphs.Identity(OnnxType.Float));
        File.WriteAllText(Path.Combine(folder, "model.json"), definition);
    }

    private ServiceProvider Services(CatalogOptions catalog, string systemRoot = "/") => new ServiceCollection()
        .AddLogging()
        .AddEngine(new EngineOptions { ModelDirectory = _root, Catalog = catalog, SystemRoot = systemRoot })
        .BuildServiceProvider();
}
