using System.Collections.Concurrent;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>
/// Clients as they should be: each job has a key, and is sent again under it until it is acknowledged, whatever happens
/// to the server meanwhile. They remember what they were promised.
/// </summary>
internal sealed class RetryingClients : IAsyncDisposable
{
    private static readonly TimeSpan RefusedPause = TimeSpan.FromMilliseconds(5);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<int, JobSample> _sample;
    private readonly string _name = Guid.NewGuid().ToString("N")[..8];
    private readonly Task[] _running;
    private TaskCompletionSource<EdgeServeProcess> _server = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _givenUp;
    private int _number;
    private int _unanswered;
    private int _foundLater;
    private int _changed;

    /// <param name="count">At a time.</param>
    /// <param name="sample">What the n-th job asks for.</param>
    public RetryingClients(int count, Func<int, JobSample> sample)
    {
        _sample = sample;
        _running = [.. Enumerable.Range(0, count).Select(_ => Task.Run(SubmitAsync))];
    }

    /// <summary>Key and id of every job that was acknowledged.</summary>
    public ConcurrentDictionary<string, string> Acknowledged { get; } = new();

    /// <summary>Submissions that got no answer: the client cannot know.</summary>
    public int Unanswered => _unanswered;

    /// <summary>Submissions that got no answer and were found to be kept when they were sent again.</summary>
    public int FoundLater => _foundLater;

    /// <summary>Jobs acknowledged under two ids.</summary>
    public int Changed => _changed;

    /// <summary>Where to send from now on.</summary>
    public void Use(EdgeServeProcess server) => Interlocked.Exchange(ref _server, Settled(server)).TrySetResult(server);

    /// <summary>Completes when one more job is acknowledged.</summary>
    public Task NextAsync()
    {
        var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _next, next);
        return next.Task;
    }

    /// <summary>The server is gone: they wait for the next one.</summary>
    public void Pause() => Interlocked.Exchange(ref _server, new TaskCompletionSource<EdgeServeProcess>(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Every client gets its last job acknowledged, then stops.</summary>
    public async Task FinishAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_running).WaitAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>Compares what is there with what was promised.</summary>
    /// <param name="client">Of the server.</param>
    /// <param name="others">Jobs that others submitted.</param>
    public async Task<Audit> AuditAsync(HttpClient client, int others = 0)
    {
        await client.DrainedAsync();
        var kept = await client.AllJobsAsync();
        var promised = Acknowledged.Values.ToHashSet();
        foreach (string id in promised.Where(id => kept.TryGetValue(id, out string? state) && state != "succeeded"))
            TestContext.Current.TestOutputHelper?.WriteLine((await client.GetAnswerAsync("/edge/v1/jobs/" + id)).Text);
        return new Audit(
            Acknowledged.Count, promised.Count(id => !kept.ContainsKey(id)), promised.Count(id => kept.TryGetValue(id, out string? state) && state != "succeeded"),
            kept.Count - others - promised.Count(kept.ContainsKey) + (Acknowledged.Count - promised.Count) + _changed, _unanswered, _foundLater);
    }

    public async ValueTask DisposeAsync()
    {
        // A test that failed brings no server any more.
        _givenUp = true;
        await _stopping.CancelAsync();
        _server.TrySetCanceled();
        try
        {
            await Task.WhenAll(_running);
        }
        catch (OperationCanceledException)
        {
            // No server came any more.
        }

        _stopping.Dispose();
    }

    private static TaskCompletionSource<EdgeServeProcess> Settled(EdgeServeProcess server)
    {
        var source = new TaskCompletionSource<EdgeServeProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        source.SetResult(server);
        return source;
    }

    private async Task SubmitAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            int number = Interlocked.Increment(ref _number);
            await SubmitAsync(_sample(number), $"{_name}-{number}");
        }
    }

    private async Task SubmitAsync(JobSample sample, string key)
    {
        bool unanswered = false;
        while (!_givenUp)
        {
            var source = Volatile.Read(ref _server);
            var server = await source.Task;
            try
            {
                var answer = await server.Client.SubmitAsync(sample, key);
                if (answer.Status == 202)
                {
                    Remember(key, answer, unanswered);
                    return;
                }

                Assert.True(answer.Status is 503 or 507 or 429, answer.Text);
                await Task.Delay(RefusedPause);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                if (!unanswered)
                    Interlocked.Increment(ref _unanswered);
                unanswered = true;
                await Task.Delay(RefusedPause);
            }
        }
    }

    private void Remember(string key, Requests.Answer answer, bool unanswered)
    {
        string id = answer.Json.GetProperty("id").GetString()!;
        if (unanswered && answer.Headers.Contains("Idempotency-Replayed"))
            Interlocked.Increment(ref _foundLater);
        bool isNew = Acknowledged.TryAdd(key, id);
        Volatile.Read(ref _next).TrySetResult();
        if (isNew)
            return;
        if (Acknowledged[key] != id)
            Interlocked.Increment(ref _changed);
    }

    /// <param name="Acknowledged">Jobs the clients were promised.</param>
    /// <param name="Lost">Of these, not there.</param>
    /// <param name="Unfinished">Of these, there but not succeeded.</param>
    /// <param name="Duplicated">Jobs that are there beside them.</param>
    /// <param name="Unanswered">Submissions without an answer.</param>
    /// <param name="FoundLater">Of these, kept all the same.</param>
    internal sealed record Audit(int Acknowledged, int Lost, int Unfinished, int Duplicated, int Unanswered, int FoundLater)
    {
        public override string ToString() =>
            $"{Acknowledged} acknowledged, {Lost} lost, {Unfinished} not succeeded, {Duplicated} duplicated; {FoundLater} of {Unanswered} unanswered were kept and found by their key";

        public void AssertKept()
        {
            Assert.Equal((0, 0, 0), (Lost, Unfinished, Duplicated));
            Assert.True(Acknowledged > 0);
        }
    }
}
