using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>A job that takes the service down with it does so three times and not for ever.</summary>
public sealed class PoisonTests
{
    private const int Turns = 2_000_000_000;
    private const int Deaths = 3;

    [Fact]
    public async Task A_job_that_ran_at_three_deaths_is_failed_with_that_reason_and_those_behind_it_run()
    {
        using var models = ModelFolder.Standard();
        using var data = new DataFolder();
        var start = new ServerStart(models.Path) { Data = data.Path };
        string poison = "", innocent = "";
        for (int death = 0; death < Deaths; death++)
        {
            await using var server = await EdgeServeProcess.StartAsync(start);
            if (death == 0)
            {
                poison = await server.Client.AcceptedAsync(JobSample.Slow(Turns));
                innocent = await server.Client.AcceptedAsync(JobSample.Small);
            }

            // A job whose run ended badly waits a while before it is tried again.
            await JobRequests.UntilAsync(async () => await server.Client.StateAsync(poison, "0s") == "running", "it does not run");
            await server.KillAsync();
        }

        await using var last = await EdgeServeProcess.StartAsync(start);
        Assert.Equal("failed", await last.Client.StateAsync(poison));
        var result = await last.Client.GetAnswerAsync($"/edge/v1/jobs/{poison}/result");
        Assert.Equal(500, result.Status);
        Assert.Equal("Poison", result.Json.GetProperty("code").GetString());
        Assert.Contains("died 3 times while this job ran", result.Text, StringComparison.Ordinal);
        Assert.Equal("succeeded", await last.Client.StateAsync(innocent));
        Assert.Equal(200, (await last.Client.InferAsync(JobSample.Small)).Status);
        FaultSheet.Add("a job that takes the service down", $"{Deaths} deaths while it ran", "failed with the reason Poison; the job behind it and infer answered");
    }
}
