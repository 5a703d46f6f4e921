using System.Text;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Running;
using static EdgeServe.AcceptanceTests.Rest.Requests;

namespace EdgeServe.AcceptanceTests.Rest;

public sealed class JobRestTests(StandardServer server)
{
    private const string One = """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[5,6]}]}""";
    private const string Binary = """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true}}""";
    private const string Slow = """{"inputs":[{"name":"input","shape":[1],"datatype":"INT64","data":[4000000000]}]}""";

    [Fact]
    public async Task A_json_result_is_what_infer_answers()
    {
        var job = await SubmitAsync("identity-float", One);
        Assert.Equal(202, job.Status);
        Assert.Equal("/edge/v1/jobs/" + Id(job), job.Headers.Location!.ToString());
        await SameAsInferAsync(job, await server.Client.InferAsync("identity-float", One));
    }

    [Fact]
    public async Task A_binary_result_is_what_infer_answers()
    {
        byte[] body = [.. Encoding.UTF8.GetBytes(Binary), .. new byte[8]];
        Action<HttpRequestMessage> header = r => r.Headers.Add("Inference-Header-Content-Length", Binary.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var job = await server.Client.SendAnswerAsync("/edge/v1/models/identity-float/jobs", body, null, header);
        var infer = await server.Client.SendAnswerAsync("/v2/models/identity-float/infer", body, null, header);
        await SameAsInferAsync(job, infer);
    }

    [Fact]
    public async Task A_raw_body_and_a_version_work_too()
    {
        Action<HttpRequestMessage> header = r => r.Headers.Add("Inference-Header-Content-Length", "0");
        var job = await server.Client.SendAnswerAsync("/edge/v1/models/stats/versions/1/jobs", new byte[4], null, header);
        await SameAsInferAsync(job, await server.Client.SendAnswerAsync("/v2/models/stats/versions/1/infer", new byte[4], null, header));
    }

    [Fact]
    public async Task What_infer_refuses_is_refused_before_it_is_kept()
    {
        foreach (string bad in new[] { "{", """{"inputs":[]}""", """{"inputs":[{"name":"input","shape":[1,1],"datatype":"FP32","data":[1,2]}]}""" })
        {
            var job = await SubmitAsync("identity-float", bad);
            var infer = await server.Client.InferAsync("identity-float", bad);
            Assert.Equal((infer.Status, infer.Error), (job.Status, job.Error));
        }

        Assert.Equal(404, (await SubmitAsync("nope", One)).Status);
        Assert.Equal(404, (await SubmitAsync("identity-float/versions/9", One)).Status);
    }

    [Fact]
    public async Task An_idempotency_key_makes_a_retry_safe()
    {
        string key = Guid.NewGuid().ToString();
        var first = await SubmitAsync("identity-float", One, ("Idempotency-Key", key));
        var again = await SubmitAsync("identity-float", One, ("Idempotency-Key", key));
        Assert.Equal(Id(first), Id(again));
        Assert.Equal("true", again.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        var other = await SubmitAsync("identity-float", One.Replace("[5,6]", "[7,8]", StringComparison.Ordinal), ("Idempotency-Key", key));
        Assert.Equal((409, "KeyReused"), (other.Status, other.Json.GetProperty("code").GetString()));
        await DoneAsync(Id(first));
        Assert.Equal(204, (await DeleteAsync(Id(first))).Status);
        Assert.Equal(410, (await SubmitAsync("identity-float", One, ("Idempotency-Key", key))).Status);
    }

    [Fact]
    public async Task A_retry_is_answered_although_its_model_is_gone()
    {
        using var models = ModelFolder.Standard();
        await using var own = await EdgeServeProcess.StartAsync(models.Path);
        byte[] body = Encoding.UTF8.GetBytes(One);
        static void Key(HttpRequestMessage request) => request.Headers.Add("Idempotency-Key", "visit 7");
        const string path = "/edge/v1/models/identity-float/jobs";
        var first = await own.Client.SendAnswerAsync(path, body, null, Key);
        await own.Client.SendAnswerAsync("/v2/repository/models/identity-float/unload", [], null);
        Assert.Equal(503, (await own.Client.SendAnswerAsync(path, body, null)).Status);
        var again = await own.Client.SendAnswerAsync(path, body, null, Key);
        Assert.Equal((202, Id(first)), (again.Status, Id(again)));
        Assert.Equal(409, (await own.Client.SendAnswerAsync(path, [.. body, (byte)' '], null, Key)).Status);
    }

    [Theory]
    [InlineData("Idempotency-Key", "")]
    [InlineData("Edge-Priority", "0")]
    [InlineData("Edge-Priority", "ten")]
    [InlineData("Edge-Not-After", "-1")]
    [InlineData("Edge-Not-After", "NaN")]
    public async Task A_bad_header_is_a_400_that_names_it(string name, string value)
    {
        var answer = await SubmitAsync("identity-float", One, (name, value));
        Assert.Equal(400, answer.Status);
        Assert.Contains(name, answer.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("NaNs")]
    [InlineData("-Infinity")]
    [InlineData("-1s")]
    [InlineData("1e9")]
    [InlineData("ms")]
    public async Task A_bad_wait_is_a_400_that_names_it(string wait)
    {
        string id = Id(await SubmitAsync("identity-float", One));
        foreach (string path in new[] { "", "/result" })
        {
            var answer = await server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}{path}?wait={wait}");
            Assert.Equal(400, answer.Status);
            Assert.Contains(wait, answer.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_running_job_is_cancelled_and_stops()
    {
        using var models = ModelFolder.Standard();
        await using var own = await EdgeServeProcess.StartAsync(models.Path);
        string id = Id(await own.Client.SendAnswerAsync("/edge/v1/models/slow/jobs", Encoding.UTF8.GetBytes(Slow), null));
        while ((await own.Client.GetAnswerAsync($"/edge/v1/jobs/{id}?wait=1s")).Json.GetProperty("state").GetString() == "queued")
            await Task.Yield();
        var cancelled = await own.Client.SendAnswerAsync($"/edge/v1/jobs/{id}", [], null, r => r.Method = HttpMethod.Delete);
        Assert.Equal("cancelled", cancelled.Json.GetProperty("state").GetString());
        Assert.Equal(410, (await own.Client.GetAnswerAsync($"/edge/v1/jobs/{id}/result")).Status);
        // The worker is free again.
        string next = Id(await own.Client.SendAnswerAsync("/edge/v1/models/identity-float/jobs", Encoding.UTF8.GetBytes(One), null));
        Assert.Equal("succeeded", (await own.Client.GetAnswerAsync($"/edge/v1/jobs/{next}?wait=30s")).Json.GetProperty("state").GetString());
        // And one that is of no use any more ends by itself, running or waiting.
        string late = Id(await own.Client.SendAnswerAsync("/edge/v1/models/slow/jobs", Encoding.UTF8.GetBytes(Slow), null, r => r.Headers.Add("Edge-Not-After", "1")));
        Assert.Equal("expired", (await own.Client.GetAnswerAsync($"/edge/v1/jobs/{late}?wait=30s")).Json.GetProperty("state").GetString());
        Assert.Equal(504, (await own.Client.GetAnswerAsync($"/edge/v1/jobs/{late}/result")).Status);
    }

    [Fact]
    public async Task An_acknowledged_result_is_let_go()
    {
        string id = Id(await SubmitAsync("identity-float", One));
        await DoneAsync(id);
        Assert.Equal(200, (await server.Client.PostAnswerAsync($"/edge/v1/jobs/{id}/acknowledge")).Status);
        Assert.Equal(410, (await server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}/result")).Status);
        Assert.True((await server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}")).Json.GetProperty("acknowledged").GetBoolean());
    }

    [Fact]
    public async Task A_job_says_what_ran_and_when()
    {
        string id = Id(await SubmitAsync("two", One));
        var job = await DoneAsync(id);
        var ran = job.GetProperty("provenance");
        Assert.Equal("2", ran.GetProperty("version").GetString());
        Assert.Matches("^sha256:[0-9a-f]{64}$", ran.GetProperty("digest").GetString());
        Assert.Equal(1, ran.GetProperty("attempts").GetInt32());
        foreach (string moment in new[] { "accepted", "started", "finished" })
            Assert.NotEmpty(job.GetProperty(moment).GetProperty("clock").GetString()!);
        var result = (await server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}/result")).Headers;
        Assert.Equal("2", result.GetValues("Edge-Model-Version").Single());
        Assert.Equal(ran.GetProperty("digest").GetString(), result.GetValues("Edge-Model-Digest").Single());
        Assert.Equal("1", result.GetValues("Edge-Job-Attempts").Single());
        foreach (string moment in new[] { "accepted", "finished" })
        {
            var at = job.GetProperty(moment);
            Assert.Equal($"{at.GetProperty("at")};clock={at.GetProperty("clock")}", result.GetValues("Edge-Job-" + moment).Single());
        }
    }

    [Fact]
    public async Task The_list_filters_and_turns_pages()
    {
        var ids = new HashSet<string>();
        for (int i = 0; i < 3; i++)
            ids.Add(Id(await SubmitAsync("identity-double", One.Replace("FP32", "FP64", StringComparison.Ordinal))));
        foreach (string id in ids)
            await DoneAsync(id);
        var seen = new HashSet<string>();
        string? cursor = "";
        while (cursor is not null)
        {
            var page = (await server.Client.GetAnswerAsync($"/edge/v1/jobs?model=identity-double&state=succeeded&limit=2{cursor}")).Json;
            seen.UnionWith(page.GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("id").GetString()!));
            cursor = page.TryGetProperty("next", out var next) ? "&cursor=" + next.GetString() : null;
        }

        Assert.Superset(ids, seen);
        // A page that ends with the last job has no next one.
        var whole = (await server.Client.GetAnswerAsync($"/edge/v1/jobs?model=identity-double&limit={seen.Count}")).Json;
        Assert.Equal(seen.Count, whole.GetProperty("jobs").GetArrayLength());
        Assert.False(whole.TryGetProperty("next", out _));
        Assert.Equal(400, (await server.Client.GetAnswerAsync("/edge/v1/jobs?state=odd")).Status);
    }

    /// <param name="last">From the beginning; and the number of another card, which this box never gave out.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(1_000_000_000_000)]
    public async Task Events_come_as_they_happen_and_resume(long last)
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/edge/v1/jobs/events?last_event_id={last}");
        using var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(stop.Token));
        string id = Id(await SubmitAsync("identity-float", One));
        var states = new List<string>();
        while (states.LastOrDefault() != "succeeded")
        {
            string line = await reader.ReadLineAsync(stop.Token) ?? throw new InvalidOperationException("the stream ended");
            if (line.StartsWith("data: ", StringComparison.Ordinal) && JsonDocument.Parse(line[6..]).RootElement is var job && job.GetProperty("id").GetString() == id)
                states.Add(job.GetProperty("state").GetString()!);
        }

        Assert.Equal(["queued", "running", "succeeded"], states);
    }

    [Fact]
    public async Task Nobody_s_job_is_a_404()
    {
        foreach (string id in new[] { "x", new string('0', 32), new string('z', 1000) })
        {
            Assert.Equal(404, (await server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}")).Status);
            Assert.Equal(404, (await server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}/result")).Status);
            Assert.Equal(404, (await DeleteAsync(id)).Status);
        }
    }

    private static string Id(Answer answer) => answer.Json.GetProperty("id").GetString()!;

    private async Task SameAsInferAsync(Answer job, Answer infer)
    {
        Assert.Equal(202, job.Status);
        await DoneAsync(Id(job));
        var result = await server.Client.GetAnswerAsync($"/edge/v1/jobs/{Id(job)}/result");
        Assert.Equal(200, result.Status);
        Assert.Equal(infer.Text, result.Text);
        Assert.Equal(infer.ContentType, result.ContentType);
        const string length = "Inference-Header-Content-Length";
        Assert.Equal(infer.Headers.Contains(length), result.Headers.Contains(length));
        if (infer.Headers.Contains(length))
            Assert.Equal(infer.Headers.GetValues(length), result.Headers.GetValues(length));
    }

    private async Task<JsonElement> DoneAsync(string id)
    {
        var job = (await server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}?wait=60s")).Json;
        Assert.Equal("succeeded", job.GetProperty("state").GetString());
        return job;
    }

    private Task<Answer> SubmitAsync(string model, string json, params (string Name, string Value)[] headers) =>
        server.Client.SendAnswerAsync($"/edge/v1/models/{model}/jobs", Encoding.UTF8.GetBytes(json), null, request =>
        {
            foreach (var (name, value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);
        });

    private Task<Answer> DeleteAsync(string id) => server.Client.SendAnswerAsync($"/edge/v1/jobs/{id}", [], null, r => r.Method = HttpMethod.Delete);
}
