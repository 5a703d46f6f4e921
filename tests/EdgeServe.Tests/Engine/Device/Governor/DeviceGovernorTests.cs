using EdgeServe.Engine;
using EdgeServe.Engine.Device.Governor;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using EdgeServe.TestModels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Device.Governor;

/// <summary>What follows from a level: runs, idle models, background work, and one line in the log.</summary>
public sealed class DeviceGovernorTests : IAsyncDisposable
{
    private static readonly GovernorOptions Options = new() { Sample = TimeSpan.FromSeconds(5), Calm = TimeSpan.FromSeconds(10), Defer = TimeSpan.FromMinutes(10) };
    private readonly BoardTree _board = new BoardTree().Memory(available: 500, total: 1000).Zone(0, "cpu", 40);
    private readonly string _models = Directory.CreateTempSubdirectory("edgeserve-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly Lines _log = new();
    private readonly ServiceProvider _services;
    private readonly RunThrottle _throttle;
    private readonly DeviceGovernor _governor;

    public DeviceGovernorTests()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_models, "a", "1")).FullName;
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), TestGraphs.Identity(OnnxType.Float));
        _services = new ServiceCollection().AddLogging().AddEngine(new EngineOptions { ModelDirectory = _models, SystemRoot = _board.Path }).BuildServiceProvider();
        _throttle = _services.GetRequiredService<RunThrottle>();
        var device = new DeviceReader(_services.GetRequiredService<SystemFiles>(), _services.GetRequiredService<MachineMemory>(), Options, _models, _time);
        _governor = new DeviceGovernor(device, _throttle, _services.GetRequiredService<ModelCatalog>(), Options, _time, _log);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _board.Dispose();
        Directory.Delete(_models, recursive: true);
    }

    [Fact]
    public void Heat_slows_down_and_defers_and_both_end_with_it()
    {
        int changes = 0;
        _governor.BackgroundChanged += () => changes++;
        Look();
        Assert.Equal((GovernorLevel.Normal, 0, BackgroundWork.Runs), Now());
        _board.Zone(0, "cpu", 76);
        Look();
        Assert.Equal((GovernorLevel.Careful, Math.Max(1, Environment.ProcessorCount / 2), BackgroundWork.Waits), Now());
        _board.Zone(0, "cpu", 86);
        Look();
        Assert.Equal((GovernorLevel.Protective, 1, BackgroundWork.Waits), Now());
        _board.Zone(0, "cpu", 50);
        for (int i = 0; i < 4; i++)
            Look();
        Assert.Equal((GovernorLevel.Normal, 0, BackgroundWork.Runs), Now());
        Assert.Equal(2, changes);
    }

    [Fact]
    public void A_careful_device_starves_nobody_a_protective_one_makes_all_wait()
    {
        _board.Zone(0, "cpu", 76);
        for (var waited = TimeSpan.Zero; waited < Options.Defer; waited += Options.Sample)
        {
            Look();
            Assert.Equal(BackgroundWork.Waits, _governor.Background);
        }

        Look();
        Assert.Equal(BackgroundWork.OneAtATime, _governor.Background);
        Assert.False(_governor.DefersUpdates);
        _board.Zone(0, "cpu", 90);
        Look();
        Assert.Equal(BackgroundWork.Waits, _governor.Background);
        Assert.True(_governor.DefersUpdates);
    }

    [Fact]
    public void Each_change_is_one_line_with_what_was_seen_and_what_to_do()
    {
        _board.Zone(0, "cpu", 76);
        for (int i = 0; i < 5; i++)
            Look();
        _board.Zone(0, "cpu", 50);
        for (int i = 0; i < 5; i++)
            Look();
        Assert.Equal(
            ["The device is spared (careful): cpu is at 76 °C, careful from 75, protective from 85. Give the box air and shade.", "The device is no longer spared: everything runs"],
            _log.All);
    }

    [Fact]
    public async Task Short_of_memory_idle_models_leave_hot_they_do_not()
    {
        var catalog = _services.GetRequiredService<ModelCatalog>();
        await catalog.LoadAllAsync(_ => true, TestContext.Current.CancellationToken);
        _board.Zone(0, "cpu", 90);
        Look();
        Assert.NotNull(catalog.Find("a", 0).Served);
        _board.Memory(available: 80, total: 1000);
        Look();
        // Never used, and the machine's own clock runs longer than a minute.
        Assert.True(catalog.Find("a", 0).Evicted);
    }

    private (GovernorLevel Level, int Runs, BackgroundWork Background) Now() => (_governor.State.Level, _throttle.Limit, _governor.Background);

    private sealed class Lines : ILogger<DeviceGovernor>
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => All.Add(formatter(state, exception));
    }

    private void Look()
    {
        _governor.Look();
        _time.Advance(Options.Sample);
    }
}
