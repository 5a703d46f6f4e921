using EdgeServe.AcceptanceTests.Jobs;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Device;

/// <summary>The real program on a board that gets hot, and on one that runs out of memory.</summary>
public sealed class GovernorTests
{
    [Fact]
    public async Task Heated_it_says_so_and_jobs_wait_while_requests_are_answered_cooled_everything_goes_on()
    {
        using var board = new Board();
        using var models = new ModelFolder().AddShipped("breast-cancer");
        string data = Directory.CreateTempSubdirectory("es-gov-").FullName;
        await using (var server = await EdgeServeProcess.StartAsync(new ServerStart(models.Path) { Data = data, Environment = board.Settings }))
        {
            Assert.Equal("succeeded", await server.Client.StateAsync(await server.Client.AcceptedAsync(JobSample.Small)));
            Assert.Equal("normal", (await GovernorAsync(server)).GetProperty("level").GetString());

            board.Heat(78);
            await server.WaitForLogAsync("The device is spared (careful): cpu-thermal is at 78");
            var careful = await GovernorAsync(server);
            Assert.Equal(("careful", "waits", 78), (careful.GetProperty("level").GetString(), careful.GetProperty("background").GetString(), careful.GetProperty("celsius").GetDouble()));
            Assert.Equal("temperature", careful.GetProperty("reasons")[0].GetProperty("reason").GetString());
            string waiting = await server.Client.AcceptedAsync(JobSample.Small);
            Assert.Equal(200, (await server.Client.InferAsync(JobSample.Small)).Status);
            Assert.Equal("queued", await server.Client.StateAsync(waiting, wait: "2s"));
            // Its time runs out where it waits.
            string late = await server.Client.AcceptedAsync(JobSample.Small, notAfterSeconds: 1);
            Assert.Equal("expired", await server.Client.StateAsync(late));
            Assert.Matches("edgeserve_governor_level{[^}]*reason=\"temperature\"[^}]*} 1\n", (await server.Client.GetAnswerAsync("/metrics")).Text);
            Assert.Matches("edgeserve_temperature_celsius{[^}]*zone=\"cpu-thermal\"[^}]*} 78\n", (await server.Client.GetAnswerAsync("/metrics")).Text);
            var (exit, shown, _) = await EdgeServeProcess.RunAsync("status", "--data", data);
            Assert.Equal(0, exit);
            Assert.Matches("Governor +careful: cpu-thermal is at 78 °C.*jobs wait", shown);

            board.Heat(90);
            await server.WaitForLogAsync("The device is spared (protective)");
            Assert.Equal(200, (await server.Client.InferAsync(JobSample.Small)).Status);
            Assert.Equal("Spared", await server.Client.ProblemAsync());
            var (_, checks, _) = await EdgeServeProcess.RunAsync(board.Settings, "doctor", "--data", data, "--models", models.Path);
            Assert.Matches("Temperature +warning +cpu-thermal is at 90", checks);

            board.Heat(50);
            await server.WaitForLogAsync("The device is no longer spared");
            Assert.Equal("succeeded", await server.Client.StateAsync(waiting));
            Assert.Equal("normal", (await GovernorAsync(server)).GetProperty("level").GetString());
            Assert.Null(await server.Client.ProblemAsync());
            // Careful, protective, careful on the way down, normal.
            Assert.Equal(4, server.Output.Split('\n').Count(l => l.Contains("[8331]", StringComparison.Ordinal) || l.Contains("[8332]", StringComparison.Ordinal)));
        }

        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task Where_it_is_always_warm_jobs_are_not_starved()
    {
        using var board = new Board().Heat(78);
        using var models = new ModelFolder().AddShipped("breast-cancer");
        var settings = board.Settings;
        settings["EDGESERVE__Governor__DeferMinutes"] = "0";
        settings["EDGESERVE__Jobs__Parallelism"] = "4";
        await using var server = await EdgeServeProcess.StartAsync(models.Path, settings);
        await server.WaitForLogAsync("The device is spared (careful)");
        var jobs = new List<string>();
        for (int i = 0; i < 20; i++)
            jobs.Add(await server.Client.AcceptedAsync(JobSample.Small));
        foreach (string job in jobs)
            Assert.Equal("succeeded", await server.Client.StateAsync(job));
        Assert.Equal("one_at_a_time", (await GovernorAsync(server)).GetProperty("background").GetString());
    }

    [Fact]
    public async Task Short_of_memory_idle_models_leave_and_one_that_would_not_fit_is_refused_with_the_reason()
    {
        using var board = new Board();
        board.Set("proc/meminfo", "MemTotal: 1048576 kB\nMemAvailable: 524288 kB");
        using var models = new ModelFolder().AddShipped("breast-cancer").AddShipped("digits");
        await using var server = await EdgeServeProcess.StartAsync(models.Path, board.Settings);
        board.Set("proc/meminfo", "MemTotal: 1048576 kB\nMemAvailable: 20480 kB");
        await server.WaitForLogAsync("The device is spared (protective): 20 of 1024 MiB of memory are left");
        await server.WaitForLogAsync("Evicted digits");
        var refused = await server.Client.PostAnswerAsync("/v2/repository/models/digits/load");
        Assert.Equal(503, refused.Status);
        Assert.Matches("'digits' version 1 needs about [0-9]+ bytes, the machine has 20971520 left", refused.Text);
        Assert.Contains("Unload a model", refused.Text, StringComparison.Ordinal);
        board.Set("proc/meminfo", "MemTotal: 1048576 kB\nMemAvailable: 524288 kB");
        Assert.Equal(200, (await server.Client.InferAsync(JobSample.Small)).Status);
        Assert.Equal(200, (await server.Client.PostAnswerAsync("/v2/repository/models/digits/load")).Status);
    }

    private static async Task<System.Text.Json.JsonElement> GovernorAsync(EdgeServeProcess server) => (await server.Client.StatusAsync()).GetProperty("governor");
}
