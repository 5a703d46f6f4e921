using EdgeServe.Engine;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Jobs;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeServe.Tests.Engine.Jobs;

public sealed class JobRunnerTests : IAsyncDisposable
{
    private readonly TempFolder _models = new();
    private readonly JobBench _bench = new();
    private readonly ServiceProvider _services;
    private readonly JobRunner _runner;

    public JobRunnerTests()
    {
        _services = new ServiceCollection().AddLogging().AddEngine(new EngineOptions { ModelDirectory = _models.Path }).BuildServiceProvider();
        _runner = new JobRunner(_services.GetRequiredService<InferenceEngine>(), _bench.Storage, _bench.Options, _bench.Clock);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _bench.DisposeAsync();
        _models.Dispose();
    }

    /// <summary>The box's clock stands still here, a moment before the job's time is over.</summary>
    [Theory]
    [InlineData(false, false, true, JobState.Expired)]
    [InlineData(true, false, true, JobState.Expired)]
    [InlineData(true, false, false, JobState.Queued)]
    [InlineData(false, true, false, JobState.Cancelled)]
    public async Task Who_ended_a_run_is_told_by_who_ended_it_not_by_the_clock(bool stopping, bool cancelled, bool expired, JobState state)
    {
        await _bench.SubmitAsync(notAfter: TimeSpan.FromMilliseconds(1));
        var job = await _bench.ClaimAsync();
        using var background = new BackgroundThread("test");
        Assert.Equal(state, _runner.Run(job!, background, new CancellationToken(stopping), new CancellationToken(cancelled), new CancellationToken(expired)).State);
    }
}
