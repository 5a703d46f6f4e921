using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Cli;

public sealed class JobCommandTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgeserve-cli-").FullName;
    private readonly ModelFolder _models = new ModelFolder().AddShipped("breast-cancer");

    private string Data => Path.Combine(_folder, "data");

    private string Request => Path.Combine(_folder, "request.json");

    public async ValueTask InitializeAsync() => await File.WriteAllTextAsync(Request, Requests.BreastCancer, Requests.Stop);

    public ValueTask DisposeAsync()
    {
        _models.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Without_a_service_it_says_so()
    {
        foreach (string[] verb in new[] { ["job", "list"], ["status"], new[] { "job", "submit", Request, "--model", "breast-cancer" } })
        {
            var (exit, _, error) = await RunAsync(verb);
            Assert.Equal(1, exit);
            Assert.Contains(Data, error, StringComparison.Ordinal);
            Assert.Contains("edgeserve serve", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_job_goes_in_and_its_answer_comes_out()
    {
        await using var server = await ServeAsync();
        var (exit, output, _) = await RunAsync("job", "submit", Request, "--model", "breast-cancer", "--wait");
        Assert.Equal(0, exit);
        Assert.Equal((await server.Client.InferAsync("breast-cancer", Requests.BreastCancer)).Text, output);

        string id = await SubmitAsync("--key", "one");
        Assert.Equal(id, await SubmitAsync("--key", "one"));
        string file = Path.Combine(_folder, "answer.json");
        Assert.Equal(0, (await RunAsync("job", "result", id, "--wait", "--output", file)).ExitCode);
        Assert.Equal(output, await File.ReadAllTextAsync(file, Requests.Stop));
        Assert.Contains("succeeded", (await RunAsync("job", "show", id)).Output, StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse((await RunAsync("job", "list", "--json")).Output).RootElement.GetProperty("jobs").GetArrayLength());
        var (cancel, _, why) = await RunAsync("job", "cancel", id);
        Assert.Equal(1, cancel);
        Assert.Contains("succeeded already", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_are_one_line_with_a_hint()
    {
        await using var server = await ServeAsync();
        var (exit, output, error) = await RunAsync("job", "submit", Request, "--model", "nope");
        Assert.Equal((1, ""), (exit, output));
        Assert.Contains("'nope' is not found", error, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("job", "show", new string('0', 32))).ExitCode);
        Assert.Equal(1, (await RunAsync("job", "submit", "/nowhere.json", "--model", "breast-cancer")).ExitCode);
        var (folder, _, said) = await RunAsync("job", "submit", _folder, "--model", "breast-cancer");
        Assert.Equal(1, folder);
        Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var (key, _, why) = await RunAsync("job", "submit", Request, "--model", "breast-cancer", "--key", "Bäckerei");
        Assert.Equal(2, key);
        Assert.Contains("--key", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_is_ok_and_exits_with_0()
    {
        await using var server = await ServeAsync();
        var (exit, output, _) = await RunAsync("status", "--json");
        Assert.Equal(0, exit);
        Assert.Equal("ok", JsonDocument.Parse(output).RootElement.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_second_service_on_the_same_directory_ends_with_1_and_names_the_first()
    {
        await using var server = await ServeAsync();
        var (exit, _, error) = await RunAsync("serve", "--models", _models.Path, "--urls", $"http://127.0.0.1:{EdgeServeProcess.FreePort()}", "--grpc-urls", "");
        Assert.Equal(1, exit);
        Assert.Contains($"process {server.ProcessId}", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backup_moves_the_jobs_to_another_directory(bool whileServing)
    {
        string backup = Path.Combine(_folder, "backup.tar");
        string id;
        string answer;
        await using (var server = await ServeAsync())
        {
            id = await SubmitAsync();
            answer = (await RunAsync("job", "result", id, "--wait")).Output;
            if (whileServing)
                Assert.Equal(0, (await RunAsync("backup", "create", backup)).ExitCode);
            Assert.Equal(1, (await RunAsync("backup", "restore", backup, "--force")).ExitCode);
            await server.StopAsync();
        }

        if (!whileServing)
            Assert.Equal(0, (await RunAsync("backup", "create", backup)).ExitCode);
        Assert.Equal(2, (await RunAsync("backup", "restore", backup)).ExitCode);
        Directory.Delete(Data, recursive: true);
        Assert.Equal(0, (await RunAsync("backup", "restore", backup)).ExitCode);
        await using var again = await ServeAsync();
        Assert.Equal(answer, (await RunAsync("job", "result", id)).Output);
    }

    /// <summary>Its wrapping key stays on the old card, so the backup carries the keys of its jobs.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backup_with_a_passphrase_is_restored_with_it_only(bool whileServing)
    {
        string backup = Path.Combine(_folder, "backup.tar");
        var right = new Dictionary<string, string?> { ["EDGESERVE_BACKUP_PASSPHRASE"] = "correct horse" };
        var wrong = new Dictionary<string, string?> { ["EDGESERVE_BACKUP_PASSPHRASE"] = "battery staple" };
        string id;
        string answer;
        await using (var server = await ServeAsync())
        {
            id = await SubmitAsync();
            answer = (await RunAsync("job", "result", id, "--wait")).Output;
            if (whileServing)
                Assert.Equal(0, (await EdgeServeProcess.RunAsync(right, "backup", "create", backup, "--data", Data)).ExitCode);
            await server.StopAsync();
        }

        if (!whileServing)
            Assert.Equal(0, (await EdgeServeProcess.RunAsync(right, "backup", "create", backup, "--data", Data)).ExitCode);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(backup).UnixFileMode);
        Directory.Delete(Data, recursive: true);
        var (none, _, said) = await EdgeServeProcess.RunAsync("backup", "restore", backup, "--data", Data);
        Assert.Equal(1, none);
        Assert.Contains("passphrase", said, StringComparison.Ordinal);
        Assert.Equal(1, (await EdgeServeProcess.RunAsync(wrong, "backup", "restore", backup, "--data", Data)).ExitCode);
        Assert.False(File.Exists(Path.Combine(Data, "jobs.db")));
        Assert.Equal(0, (await EdgeServeProcess.RunAsync(right, "backup", "restore", backup, "--data", Data)).ExitCode);
        await using var again = await ServeAsync();
        Assert.Equal(answer, (await RunAsync("job", "result", id)).Output);
    }

    [Fact]
    public async Task A_hostile_or_cut_backup_changes_nothing()
    {
        string backup = Path.Combine(_folder, "backup.tar");
        foreach (var (name, type) in new[] { ("../evil", TarEntryType.RegularFile), ("/tmp/evil", TarEntryType.RegularFile), ("jobs.db", TarEntryType.SymbolicLink), ("jobs.db", TarEntryType.RegularFile) })
        {
            await using (var tar = new TarWriter(File.Create(backup)))
            {
                var entry = new PaxTarEntry(type, name);
                if (type == TarEntryType.SymbolicLink)
                    entry.LinkName = "/etc/passwd";
                else
                    entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes("evil"));
                await tar.WriteEntryAsync(entry, Requests.Stop);
            }

            var (exit, _, error) = await RunAsync("backup", "restore", backup);
            Assert.Equal(1, exit);
            Assert.Contains("nothing was changed", error, StringComparison.Ordinal);
            Assert.False(File.Exists(Path.Combine(Data, "jobs.db")));
            Assert.False(File.Exists(Path.Combine(_folder, "evil")));
        }
    }

    [Fact]
    public async Task A_backup_after_a_crash_raises_no_false_alarm()
    {
        await using (var server = await ServeAsync())
        {
            await SubmitAsync();
            await server.KillAsync();
        }

        Assert.Equal(0, (await RunAsync("backup", "create", Path.Combine(_folder, "backup.tar"))).ExitCode);
        await using var again = await ServeAsync();
        var jobs = JsonDocument.Parse((await RunAsync("status", "--json")).Output).RootElement.GetProperty("jobs");
        Assert.False(jobs.GetProperty("log_missing").GetBoolean(), again.Output);
        Assert.NotEmpty(JsonDocument.Parse((await RunAsync("job", "list", "--json")).Output).RootElement.GetProperty("jobs").EnumerateArray());
    }

    [Fact]
    public async Task A_backup_of_nothing_leaves_nothing_behind()
    {
        string backup = Path.Combine(_folder, "backup.tar");
        var (exit, _, error) = await RunAsync("backup", "create", backup);
        Assert.Equal(1, exit);
        Assert.Contains(Data, error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder, "backup*"));
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_backup_is_not_given_over_the_network()
    {
        await using var server = await ServeAsync();
        Assert.Equal(403, (await server.Client.GetAnswerAsync("/edge/v1/backup")).Status);
    }

    [Fact]
    public async Task Doctor_shows_the_budgets()
    {
        var (_, output, _) = await RunAsync("doctor", "--models", _models.Path, "--json");
        string[] checks = [.. JsonDocument.Parse(output).RootElement.EnumerateArray().Select(f => f.GetProperty("check").GetString()!)];
        Assert.Superset(new HashSet<string> { "SQLite", "Job payloads", "Room for jobs" }, checks.ToHashSet());
    }

    private Task<EdgeServeProcess> ServeAsync() => EdgeServeProcess.StartAsync(new ServerStart(_models.Path) { Data = Data });

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => EdgeServeProcess.RunAsync([.. arguments, "--data", Data]);

    private async Task<string> SubmitAsync(params string[] more)
    {
        var (exit, output, error) = await RunAsync(["job", "submit", Request, "--model", "breast-cancer", "--json", .. more]);
        Assert.True(exit == 0, error);
        return JsonDocument.Parse(output).RootElement.GetProperty("id").GetString()!;
    }
}
