using System.Text;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestModels;

namespace EdgeServe.AcceptanceTests.Rest;

public sealed class JobVersionTests
{
    private const string One = """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[5,6]}]}""";
    private const string Slow = """{"inputs":[{"name":"input","shape":[1],"datatype":"INT64","data":[4000000000]}]}""";

    [Theory]
    [InlineData("latest", "3")]
    [InlineData("accepted", "2")]
    public async Task A_job_runs_the_version_its_policy_says_after_an_update(string policy, string expected)
    {
        using var models = ModelFolder.Standard();
        var settings = new Dictionary<string, string?> { ["EDGESERVE__Jobs__VersionPolicy"] = policy, ["EDGESERVE__Jobs__Parallelism"] = "1" };
        await using var server = await EdgeServeProcess.StartAsync(models.Path, settings);
        // Keeps the only worker busy until the update is done.
        string busy = await SubmitAsync(server, "slow", Slow);
        while ((await server.Client.GetAnswerAsync($"/edge/v1/jobs/{busy}?wait=1s")).Json.GetProperty("state").GetString() == "queued")
            await Task.Yield();
        string id = await SubmitAsync(server, "two", One);
        models.Add("two", TestGraphs.Identity(OnnxType.Float), 3);
        Assert.Equal(200, (await server.Client.PostAnswerAsync("/v2/repository/models/two/load")).Status);
        Assert.NotEqual(200, (await server.Client.InferAsync("two/versions/2", One)).Status);
        await server.Client.SendAnswerAsync($"/edge/v1/jobs/{busy}", [], null, r => r.Method = HttpMethod.Delete);

        var job = (await server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}?wait=60s")).Json;
        Assert.Equal("succeeded", job.GetProperty("state").GetString());
        Assert.Equal(expected, job.GetProperty("provenance").GetProperty("version").GetString());
        Assert.Equal("2", job.GetProperty("provenance").GetProperty("accepted_version").GetString());
        var result = (await server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}/result")).Json;
        Assert.Equal(expected, result.GetProperty("model_version").GetString());
    }

    private static async Task<string> SubmitAsync(EdgeServeProcess server, string model, string body)
    {
        var answer = await server.Client.SendAnswerAsync($"/edge/v1/models/{model}/jobs", Encoding.UTF8.GetBytes(body), null);
        Assert.Equal(202, answer.Status);
        return answer.Json.GetProperty("id").GetString()!;
    }
}
