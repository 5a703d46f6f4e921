using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Updates;

/// <summary>From head office's file to a box that follows, by hand and by stick, with the real program.</summary>
public sealed class EnrolmentTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgeserve-fleet-").FullName;
    private readonly ModelFolder _models = new ModelFolder().AddShipped("breast-cancer");

    private string Data => In("data");

    public void Dispose()
    {
        _models.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Head_offices_file_enrols_a_stopped_box_once_and_only_replace_changes_it()
    {
        string clinic = await FleetAsync("clinic", "a.pem", "b.pem");
        string other = await FleetAsync("other", "a.pem");
        Assert.Equal(0, (await RunAsync("device", "enroll", clinic)).ExitCode);
        Assert.Equal(0, (await RunAsync("device", "enroll", clinic)).ExitCode);
        var (exit, _, error) = await RunAsync("device", "enroll", other);
        Assert.Equal(3, exit);
        Assert.Contains("--replace", error, StringComparison.Ordinal);
        var shown = await ShowAsync();
        Assert.Equal(("clinic", "pi5", 2), (shown.GetProperty("channel").GetString(), shown.GetProperty("device_class").GetString(), shown.GetProperty("trusted_keys").GetArrayLength()));
        string key = shown.GetProperty("key").GetProperty("fingerprint").GetString()!;
        Assert.Equal(0, (await RunAsync("device", "enroll", other, "--replace")).ExitCode);
        shown = await ShowAsync();
        Assert.Equal(("other", key), (shown.GetProperty("channel").GetString(), shown.GetProperty("key").GetProperty("fingerprint").GetString()));
        Assert.All(Directory.GetFiles(Path.Combine(Data, "device"), "key.*"), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(f).UnixFileMode));
    }

    [Fact]
    public async Task A_running_box_is_enrolled_through_its_socket_and_never_through_a_port()
    {
        string clinic = await FleetAsync("clinic", "a.pem");
        await using var server = await EdgeServeProcess.StartAsync(new ServerStart(_models.Path) { Data = Data });
        using var body = new ByteArrayContent(await File.ReadAllBytesAsync(clinic, TestContext.Current.CancellationToken));
        using var response = await server.Client.PostAsync("/edge/v1/device/enroll", body, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.False((await ShowAsync()).GetProperty("enrolled").GetBoolean());
        Assert.Equal(0, (await RunAsync("device", "enroll", clinic)).ExitCode);
        Assert.Equal(3, (await RunAsync("device", "enroll", await FleetAsync("other", "a.pem"))).ExitCode);
        string status = await server.Client.GetStringAsync("/edge/v1/status", TestContext.Current.CancellationToken);
        Assert.Equal("clinic", JsonDocument.Parse(status).RootElement.GetProperty("follows").GetProperty("channel").GetString());
        await server.KillAsync();
        Assert.Equal("clinic", (await ShowAsync()).GetProperty("channel").GetString());
    }

    [Fact]
    public async Task Every_mistake_is_named_at_once_and_nothing_is_written()
    {
        Key("a.pem");
        var (exit, _, error) = await EdgeServeProcess.RunAsync(
            "fleet", "init", "--channel", "Not A Name", "--device-class", "pi5", "--key", In("a.pem"), In("missing.pem"), "--registry", "https://x", "--telemetry-key", In("a.pem"), "--out", In("f.json"));
        Assert.Equal(2, exit);
        foreach (string part in new[] { "channel:", "missing.pem", "registry:", "telemetry_key:" })
            Assert.Contains(part, error, StringComparison.Ordinal);
        Assert.False(File.Exists(In("f.json")));
        await File.WriteAllTextAsync(In("bad.json"), "{\"channel\":7,\"nonsense\":1}", TestContext.Current.CancellationToken);
        (exit, _, error) = await RunAsync("device", "enroll", In("bad.json"));
        Assert.Equal(2, exit);
        foreach (string part in new[] { "channel:", "nonsense", "trusted_keys:", "threshold:", "type:" })
            Assert.Contains(part, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Data, "device")));
    }

    [Fact]
    public async Task A_stick_enrols_a_running_box_and_carries_the_report_away()
    {
        string media = Directory.CreateDirectory(In("media")).FullName;
        string stick = Directory.CreateDirectory(In("aside")).FullName;
        await FleetAsync("clinic", "a.pem");
        File.Move(In("clinic.json"), Path.Combine(stick, "edgeserve-enrolment.json"));
        var settings = new Dictionary<string, string?> { ["EDGESERVE__Updates__MediaDirectory"] = media };
        await using var server = await EdgeServeProcess.StartAsync(new ServerStart(_models.Path) { Data = Data, Environment = settings });
        Assert.Equal("Nothing is plugged in.", (await RunAsync("stick", "status")).Output.Trim());
        Directory.Move(stick, Path.Combine(media, "-rf two words"));
        await server.WaitForLogAsync("is enrolled in channel clinic");
        Assert.Equal("clinic", (await ShowAsync()).GetProperty("channel").GetString());
        string page = Path.Combine(media, "-rf two words", "edgeserve", "status.html");
        await server.WaitForAsync(() => File.Exists(page), "the report is written");
        Assert.Contains("This box follows clinic.", await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var (exit, output, _) = await RunAsync("stick", "status");
        Assert.Equal(0, exit);
        Assert.Contains("-rf two words", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_says_whom_the_box_follows_and_that_a_damaged_enrolment_is_no_freedom()
    {
        await RunAsync("device", "enroll", await FleetAsync("clinic", "a.pem"));
        Assert.Contains("channel clinic", (await DoctorAsync()).Output, StringComparison.Ordinal);
        foreach (string copy in Directory.GetFiles(Path.Combine(Data, "device"), "enrolment.*"))
            await File.WriteAllBytesAsync(copy, [1, 2, 3], TestContext.Current.CancellationToken);
        var (exit, output, _) = await DoctorAsync();
        Assert.Equal(1, exit);
        Assert.Contains("damaged", output, StringComparison.Ordinal);
        Assert.Equal(3, (await RunAsync("device", "enroll", await FleetAsync("thief", "a.pem"))).ExitCode);

        Task<(int ExitCode, string Output, string Error)> DoctorAsync() => RunAsync(
            "doctor", "--models", _models.Path, "--urls", $"http://127.0.0.1:{EdgeServeProcess.FreePort()}", "--grpc-urls", "", "--json");
    }

    private string In(string name) => Path.Combine(_folder, name);

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => EdgeServeProcess.RunAsync([.. arguments, "--data", Data]);

    private async Task<JsonElement> ShowAsync()
    {
        var (exit, output, error) = await RunAsync("device", "show", "--json");
        Assert.True(exit == 0, error);
        return JsonDocument.Parse(output).RootElement;
    }

    private async Task<string> FleetAsync(string channel, params string[] keys)
    {
        foreach (string key in keys)
            Key(key);
        string file = In(channel + ".json");
        var (exit, _, error) = await EdgeServeProcess.RunAsync(["fleet", "init", "--channel", channel, "--device-class", "pi5", "--key", .. keys.Select(In), "--out", file]);
        Assert.True(exit == 0, error);
        return file;
    }

    private void Key(string name)
    {
        if (File.Exists(In(name)))
            return;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(In(name), key.ExportSubjectPublicKeyInfoPem());
    }
}
