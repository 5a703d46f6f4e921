using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeServe.AcceptanceTests.Jobs;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>A box without a screen, from power-on to the first tablet: by the stick that enrols it; and its clock.</summary>
public sealed partial class FirstTabletTests : IAsyncLifetime
{
    private readonly ModelFolder _models = new ModelFolder().AddShipped("breast-cancer");
    private readonly string _root = Directory.CreateTempSubdirectory("edgeserve-first-").FullName;
    private readonly Uri _lan = new($"https://127.0.0.2:{EdgeServeProcess.FreePort()}");
    private readonly Uri _page = new($"http://127.0.0.2:{EdgeServeProcess.FreePort()}");
    private EdgeServeProcess _box = null!;

    private string Media => Path.Combine(_root, "media");

    private string Data => Path.Combine(_root, "data");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Media);
        await StartAsync(_models.Path);
    }

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        _models.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task The_stick_that_enrols_a_box_takes_the_way_in_along_once_and_never_a_key()
    {
        string stick = await PlugAsync("first");
        await _box.WaitForAsync(() => File.Exists(Path.Combine(stick, "edgeserve", "status.html")), "the stick has its report");
        string card = await File.ReadAllTextAsync(Path.Combine(stick, "edgeserve", "pairing.html"), Requests.Stop);
        Assert.Contains("open pairing.html on it", await File.ReadAllTextAsync(Path.Combine(stick, "edgeserve", "status.html"), Requests.Stop), StringComparison.Ordinal);
        Assert.Contains(_page.ToString(), card, StringComparison.Ordinal);
        string code = Code().Match(card).Groups[1].Value.Replace("<wbr>", "", StringComparison.Ordinal);
        // The same stick again, and another with the same file, before anybody has paired: the card in the first one's hands stays good.
        string second = await PlugAsync("second");
        await _box.WaitForLogAsync("Medium second got no card for a first tablet");
        Assert.False(File.Exists(Path.Combine(second, "edgeserve", "pairing.html")));

        string authority = Path.Combine(_root, "authority.pem");
        Assert.Equal(0, (await EdgeServeProcess.RunAsync("tablet", "trust", "--data", Data, "--out", authority)).ExitCode);
        var (_, paired) = await Tool.RunAsync("curl", "-sS", "--cacert", authority, "-d", $$"""{"code":"{{code}}","name":"first"}""", new Uri(_lan, "/edge/v1/pair").ToString());
        string key = JsonDocument.Parse(paired).RootElement.GetProperty("key").GetString()!;
        Assert.Equal("200", (await Tool.RunAsync("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", authority, "-H", "Authorization: Bearer " + key, new Uri(_lan, "/edge/v1/keys").ToString())).Output);
        await _box.StopAsync();
        await _box.DisposeAsync();
        // Enrolled, it takes models from its channel only; that it has none yet keeps nobody out.
        await StartAsync(models: "");
        // Plugged in while it starts, with a key there: nothing more.
        string third = await PlugAsync("third");
        await _box.WaitForLogAsync("Medium third got no card for a first tablet");
        Assert.False(File.Exists(Path.Combine(third, "edgeserve", "pairing.html")));
        foreach (string file in Directory.EnumerateFiles(Media, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain("esk_", await File.ReadAllTextAsync(file, Requests.Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_clock_is_set_by_an_admin_s_word_within_bounds_and_never_against_a_time_source()
    {
        Assert.SkipUnless(Strace.IsInstalled, "strace is not installed");
        const string Now = "2027-03-01T12:00:00Z";
        // The machine's own clock stays as it is: strace answers in the kernel's place.
        string trace = Path.Combine(_root, "trace");
        await using (await InjectAsync("5", "clock_settime:retval=0", trace))
        {
            var set = await PostAsync($$"""{"time":"{{Now}}"}""");
            Assert.True(set.Status == 200, set.Text);
            foreach (string wrong in new[] { "2026-01-01T00:00:00Z", "2047-03-01T12:00:00Z", "2027-03-01T12:00:00", "tomorrow" })
                Assert.Equal((400, "Implausible"), Of(await PostAsync($$"""{"time":"{{wrong}}"}""")));
        }

        string[] calls = [.. File.ReadLines(trace).Where(l => l.Contains("clock_settime", StringComparison.Ordinal))];
        Assert.Single(calls, l => l.Contains($"tv_sec={DateTimeOffset.Parse(Now, CultureInfo.InvariantCulture).ToUnixTimeSeconds()}", StringComparison.Ordinal));
        Assert.Single(calls);
        await _box.WaitForLogAsync("to 2027-03-01T12:00:00Z by local");
        await using (await InjectAsync("5", "clock_settime:error=EPERM", "/dev/null"))
        {
            var refused = await PostAsync($$"""{"time":"{{Now}}"}""");
            Assert.Equal((409, "NotPermitted"), Of(refused));
            Assert.Contains("CAP_SYS_TIME", refused.Text, StringComparison.Ordinal);
        }

        await using (await InjectAsync("0", "clock_settime:error=EPERM", "/dev/null"))
        {
            // What the kernel said last is believed for a moment.
            var answer = (409, (string?)"NotPermitted");
            for (var watch = Stopwatch.StartNew(); answer == (409, "NotPermitted") && watch.Elapsed < TimeSpan.FromSeconds(10);)
                answer = Of(await PostAsync($$"""{"time":"{{Now}}"}"""));
            Assert.Equal((409, "BetterSource"), answer);
        }
    }

    private Task<Strace> InjectAsync(string clockState, string set, string trace) => Strace.AttachAsync(
        _box.ProcessId, "-e", "trace=clock_settime,adjtimex,clock_adjtime", "-e", $"inject={set}", "-e", $"inject=adjtimex,clock_adjtime:retval={clockState}", "-o", trace);

    private Task<Requests.Answer> PostAsync(string body) => _box.Client.PostAnswerAsync("/edge/v1/device/clock", body);

    private static (int, string?) Of(Requests.Answer answer) => (answer.Status, JsonDocument.Parse(answer.Text).RootElement.GetProperty("code").GetString());

    /// <summary>A stick with an enrolment file, whole before it is there.</summary>
    private async Task<string> PlugAsync(string name)
    {
        string file = Path.Combine(_root, "fleet.json");
        if (!File.Exists(file))
        {
            string key = Path.Combine(_root, "office.pem");
            Assert.Equal(0, (await EdgeServeProcess.RunAsync("key", "generate", key)).ExitCode);
            Assert.Equal(0, (await EdgeServeProcess.RunAsync("fleet", "init", "--channel", "clinic", "--device-class", "pi", "--key", key + ".pub", "--out", file)).ExitCode);
        }

        string aside = Directory.CreateDirectory(Path.Combine(_root, "aside-" + name)).FullName, stick = Path.Combine(Media, name);
        File.Copy(file, Path.Combine(aside, "edgeserve-enrolment.json"));
        Directory.Move(aside, stick);
        return stick;
    }

    private async Task StartAsync(string models)
    {
        _box = EdgeServeProcess.Launch(new ServerStart(models)
        {
            Data = Data,
            Environment = new Dictionary<string, string?>
            {
                ["EDGESERVE__Server__LanUrls"] = _lan.ToString(),
                ["EDGESERVE__Server__TrustPageUrls"] = _page.ToString(),
                ["EDGESERVE__Updates__MediaDirectory"] = Media,
            },
        });
        await _box.WaitAsync("/v2/health/live");
    }

    [GeneratedRegex("<p class=\"code\">([^/]+)</p>")]
    private static partial Regex Code();
}
