using System.Net;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestModels;

namespace EdgeServe.AcceptanceTests.Updates;

/// <summary>What the service does while it is a program on trial, and with what root writes about programs. The installation itself: Packaging/program-box.</summary>
public sealed class ProgramTrialTests
{
    [Fact]
    public async Task While_it_may_be_taken_back_no_database_changes_its_schema_and_no_release_is_taken()
    {
        await using var device = await UpdatedDevice.StartAsync();
        device.Write(1, 1);
        Assert.Equal(0, (await device.InstallAsync()).ExitCode);
        await device.Process.StopAsync();
        string root = Directory.CreateDirectory(device["root"]).FullName, about = Path.Combine(Directory.CreateDirectory(Path.Combine(root, "trial")).FullName, "about");
        device.Environment["EDGESERVE__Updates__ProgramDirectory"] = root;
        device.Environment["EDGESERVE__Updates__ProgramHelper"] = Path.Combine(root, "program.sock");
        await File.WriteAllTextAsync(about, "version=1\n", Requests.Stop);

        // Databases that need every migration there is, and stay as they are.
        File.Delete(Path.Combine(device.Data, "jobs.db"));
        File.Delete(Path.Combine(device.Data, "outbox.db"));
        await device.StartAsync();
        Assert.Equal("1", await device.InferAsync());
        var refused = await SubmitAsync(device);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("on trial", await refused.Content.ReadAsStringAsync(Requests.Stop), StringComparison.Ordinal);
        device.Write(2, 2);
        var waiting = device.InstallAsync();
        await device.Process.WaitForLogAsync("Jobs cannot be kept: the program is on trial");
        Assert.Equal(1, await device.ReleaseAsync());
        Assert.False(waiting.IsCompleted);

        // Root commits it.
        Directory.Delete(Path.Combine(root, "trial"), recursive: true);
        Assert.Equal(0, (await waiting).ExitCode);
        Assert.Equal(2, await device.ReleaseAsync());
        await device.Process.WaitForLogAsync("Jobs are kept again");
        Assert.Equal(HttpStatusCode.Accepted, (await SubmitAsync(device)).StatusCode);
    }

    [Fact]
    public async Task What_root_wrote_about_programs_is_in_history_and_audit_once()
    {
        await using var device = await UpdatedDevice.StartAsync();
        await device.Process.StopAsync();
        string root = Directory.CreateDirectory(device["root"]).FullName;
        device.Environment["EDGESERVE__Updates__ProgramDirectory"] = root;
        string record = Path.Combine(root, "record");
        await File.WriteAllTextAsync(record, "1\t1700000000\tprogram_on_trial\t1.1.0\t1.0.0\t7\t\n", Requests.Stop);
        await device.StartAsync();
        await device.Process.WaitForLogAsync("program 1.1.0 is installed and on trial");
        // While it serves, as root writes it: beside, then by name.
        await File.WriteAllTextAsync(record + ".tmp", await File.ReadAllTextAsync(record, Requests.Stop) + "2\t1700000100\tprogram_returned\t1.1.0\t1.0.0\t7\tit ended by itself 3 times\n", Requests.Stop);
        File.Move(record + ".tmp", record, overwrite: true);
        await device.Process.WaitForLogAsync("program 1.1.0 was taken back");
        await device.Process.StopAsync();
        await device.StartAsync();
        var history = (await device.StatusAsync()).GetProperty("history").EnumerateArray().ToArray();
        Assert.Equal(["program_returned", "program_on_trial"], history.Select(e => e.GetProperty("code").GetString()));
        Assert.Equal(("yellow", 7, "2023-11-14T22:15:00Z"), (history[0].GetProperty("severity").GetString(), history[0].GetProperty("release").GetInt64(), history[0].GetProperty("at").GetString()));
        var (exitCode, audit, _) = await device.VerbAsync("audit", "show", "--json");
        Assert.Equal(0, exitCode);
        Assert.Single(audit.Split('\n'), l => l.Contains("program.returned", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_release_with_a_program_serves_its_models_on_a_box_that_takes_none()
    {
        await using var device = await UpdatedDevice.StartAsync();
        device.Write(1, 1);
        device.Office.AddProgram("99.0.0", "amd64", TestPackage.Make("99.0.0", "amd64"));
        device.Office.Write(device.Layout, 2);
        Assert.Equal(0, (await device.InstallAsync()).ExitCode);
        Assert.Equal("1", await device.InferAsync());
        // Those that need it wait for it, and it is said.
        device.Office.Write(device.Layout, 3, i => i["annotations"]!["io.edgeserve.min-program"] = "99.0.0");
        var (exitCode, _, error) = await device.InstallAsync();
        Assert.NotEqual(0, exitCode);
        Assert.Contains("release 3 needs EdgeServe 99.0.0", error, StringComparison.Ordinal);
        Assert.Equal(2, await device.ReleaseAsync());
    }

    private static async Task<HttpResponseMessage> SubmitAsync(UpdatedDevice device)
    {
        using var body = new StringContent(UpdatedDevice.AddRequest);
        return await device.Process.Client.PostAsync("/edge/v1/models/add/jobs", body, Requests.Stop);
    }
}
