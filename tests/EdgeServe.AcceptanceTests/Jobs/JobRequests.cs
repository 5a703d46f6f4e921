using System.Text.Json;
using EdgeServe.AcceptanceTests.Rest;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>The job API as a client uses it.</summary>
internal static class JobRequests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    public static Task<Requests.Answer> SubmitAsync(this HttpClient client, JobSample sample, string? key = null, double? notAfterSeconds = null) =>
        client.SendAnswerAsync($"/edge/v1/models/{sample.Model}/jobs", sample.Body, null, sample.Headers(key, notAfterSeconds));

    /// <summary>Submits a job that must be taken.</summary>
    /// <returns>Its id.</returns>
    public static async Task<string> AcceptedAsync(this HttpClient client, JobSample sample, string? key = null, double? notAfterSeconds = null)
    {
        var answer = await client.SubmitAsync(sample, key, notAfterSeconds);
        Assert.True(answer.Status == 202, answer.Text);
        return answer.Json.GetProperty("id").GetString()!;
    }

    /// <summary>Retries, as a client does that was told to, until the job is taken.</summary>
    public static async Task<string> AcceptedInTheEndAsync(this HttpClient client, JobSample sample, string key)
    {
        using var stop = new CancellationTokenSource(Patience);
        while (true)
        {
            var answer = await client.SubmitAsync(sample, key);
            if (answer.Status == 202)
                return answer.Json.GetProperty("id").GetString()!;
            Assert.True(answer.Status is 503 or 507, answer.Text);
            await Task.Delay(PollInterval, stop.Token);
        }
    }

    public static Task<Requests.Answer> InferAsync(this HttpClient client, JobSample sample) =>
        client.SendAnswerAsync($"/v2/models/{sample.Model}/infer", sample.Body, null, sample.Headers(null));

    public static async Task<string> StateAsync(this HttpClient client, string id, string wait = "30s")
    {
        var answer = await client.GetAnswerAsync($"/edge/v1/jobs/{id}?wait={wait}");
        return answer.Status == 200 ? answer.Json.GetProperty("state").GetString()! : answer.Text;
    }

    public static async Task<JsonElement> StatusAsync(this HttpClient client) => (await client.GetAnswerAsync("/edge/v1/status")).Json;

    /// <summary>The code of what is wrong; null when all is well.</summary>
    public static async Task<string?> ProblemAsync(this HttpClient client)
    {
        var status = await client.StatusAsync();
        if (status.GetProperty("state").GetString() == "ok")
            return null;
        var problem = status.GetProperty("problems")[0];
        Assert.NotEmpty(problem.GetProperty("reason").GetString()!);
        Assert.NotEmpty(problem.GetProperty("hint").GetString()!);
        return problem.GetProperty("code").GetString();
    }

    /// <summary>Waits until the service says that all is well.</summary>
    public static Task HealedAsync(this HttpClient client) => UntilAsync(async () => await client.ProblemAsync() is null, "it does not heal");

    /// <summary>Waits until the database was read through, and mended if it had to be.</summary>
    public static Task CheckedAsync(this HttpClient client) => UntilAsync(
        async () => (await client.StatusAsync()).GetProperty("jobs").GetProperty("checked").GetBoolean() && await client.ProblemAsync() is null, "it is never checked");

    /// <summary>Waits until no job waits or runs.</summary>
    public static Task DrainedAsync(this HttpClient client) => UntilAsync(
        async () =>
        {
            var jobs = (await client.StatusAsync()).GetProperty("jobs");
            return jobs.GetProperty("queued").GetInt64() + jobs.GetProperty("running").GetInt64() == 0;
        },
        "jobs do not end");

    /// <summary>Every job there is: its state by its id.</summary>
    public static async Task<Dictionary<string, string>> AllJobsAsync(this HttpClient client)
    {
        var all = new Dictionary<string, string>();
        string cursor = "";
        while (true)
        {
            var answer = await client.GetAnswerAsync("/edge/v1/jobs?limit=1000" + cursor);
            Assert.True(answer.Status == 200, answer.Text);
            foreach (var job in answer.Json.GetProperty("jobs").EnumerateArray())
                all.Add(job.GetProperty("id").GetString()!, job.GetProperty("state").GetString()!);
            if (!answer.Json.TryGetProperty("next", out var next) || next.GetString() is not { } more)
                return all;
            cursor = "&cursor=" + more;
        }
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, string otherwise)
    {
        using var stop = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            Assert.False(stop.IsCancellationRequested, otherwise);
            await Task.Delay(PollInterval, TestContext.Current.CancellationToken);
        }
    }
}
