using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.Security.Pairing;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>From a code to a key, as terminals, curl and strangers on the network see it.</summary>
public sealed partial class PairingTests(LanServer server) : IClassFixture<LanServer>
{
    private const string Pair = "/edge/v1/pair";

    private Dictionary<string, string?> Settings => new()
    {
        ["EDGESERVE__Server__LanUrls"] = server.Lan.ToString(),
        ["EDGESERVE__Server__TrustPageUrls"] = server.Page.ToString(),
    };

    [Fact]
    public async Task The_terminal_shows_a_code_that_a_camera_reads_and_waits_until_a_tablet_has_it()
    {
        using var terminal = Tool.Start(Settings, EdgeServeProcess.Binary, "tablet", "pair", "--scope", "operate", "--data", server.Data);
        var (code, shown) = await ReadCodeAsync(terminal);
        Assert.Contains(server.Page.ToString(), shown, StringComparison.Ordinal);
        if (Tool.IsInstalled("zbarimg"))
            Assert.Equal($"{server.Lan}pair#{code.Replace("-", "", StringComparison.Ordinal)}", await ScanAsync(shown));
        var (status, answer) = await CurlAsync(Pair, $$"""{"code":"{{code.ToLowerInvariant()}}","name":"  Ward\u202e / 3\n"}""");
        Assert.Equal(201, status);
        await terminal.WaitForExitAsync(Requests.Stop);
        Assert.Equal((0, true), (terminal.ExitCode, (await terminal.StandardOutput.ReadToEndAsync(Requests.Stop)).Contains("Paired: key ", StringComparison.Ordinal)));
        using var client = server.Client(answer.GetProperty("key").GetString());
        Assert.Equal(200, (await client.GetAnswerAsync("/edge/v1/status")).Status);
        Assert.Equal(403, (await client.GetAnswerAsync("/edge/v1/keys")).Status);
        Assert.Equal(("Ward 3", "operate"), (answer.GetProperty("name").GetString(), answer.GetProperty("scope").GetString()));
        Assert.Equal((410, "CodeUsed"), await RefusalAsync(code));
        await NothingLeaksAsync(code);
    }

    [Fact]
    public async Task A_terminal_that_is_left_takes_its_code_along()
    {
        // As a terminal starts it: what runs in the background of a script inherits that interrupts are ignored.
        using var terminal = Tool.Start(Settings, "env", "--default-signal=INT", EdgeServeProcess.Binary, "tablet", "pair", "--data", server.Data);
        var (code, _) = await ReadCodeAsync(terminal);
        using var interrupt = Process.Start("kill", ["-INT", terminal.Id.ToString(CultureInfo.InvariantCulture)]);
        await terminal.WaitForExitAsync(Requests.Stop);
        Assert.Equal(1, terminal.ExitCode);
        Assert.Equal((410, "CodeCancelled"), await RefusalAsync(code));
    }

    [Fact]
    public async Task The_operator_s_api_makes_shows_and_takes_back_codes()
    {
        var (admin, _) = await server.AddAsync("office " + Guid.NewGuid().ToString("N")[..6], "admin");
        using var client = server.Client(admin);
        var opened = await OpenAsync(client, """{"name":"from the office","models":["breast-cancer"],"address":"10.1.2.3"}""");
        string id = opened.GetProperty("kept").GetProperty("id").GetString()!, code = opened.GetProperty("code").GetString()!;
        Assert.StartsWith("https://10.1.2.3:", opened.GetProperty("url").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("<svg ", opened.GetProperty("qr").GetString(), StringComparison.Ordinal);
        string list = (await client.GetAnswerAsync("/edge/v1/pairings")).Text;
        Assert.Contains(id, list, StringComparison.Ordinal);
        Assert.DoesNotContain(code, list, StringComparison.Ordinal);
        var waiting = client.GetAnswerAsync($"/edge/v1/pairings/{id}?wait=60");
        Assert.Equal(201, (await CurlAsync(Pair, $$"""{"code":"{{code}}","name":"mine"}""")).Status);
        var paired = JsonDocument.Parse((await waiting).Text).RootElement;
        Assert.Equal(("paired", "from the office"), (paired.GetProperty("state").GetString(), paired.GetProperty("key").GetProperty("name").GetString()));

        var second = await OpenAsync(client, "{}");
        using var delete = await client.DeleteAsync("/edge/v1/pairings/" + second.GetProperty("kept").GetProperty("id").GetString(), Requests.Stop);
        Assert.Equal(200, (int)delete.StatusCode);
        Assert.Equal((410, "CodeCancelled"), await RefusalAsync(second.GetProperty("code").GetString()!));
        foreach (string body in new[] { """{"scope":"root"}""", """{"models":["../x"]}""", """{"address":"a b"}""", "[]", "" })
            Assert.Equal(400, (await client.PostAnswerAsync("/edge/v1/pairings", body)).Status);
    }

    [Fact]
    public async Task Guessing_locks_what_it_guesses_at_however_many_guess_at_once()
    {
        var opened = await OpenAsync(server.Local, "{}");
        string code = opened.GetProperty("code").GetString()!;
        using var client = server.Client();
        var seen = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => client.PostAnswerAsync(Pair, $$"""{"code":"{{CodeText.Make(CodeText.ShortLength)}}"}""")));
        Assert.All(seen, a => Assert.Equal(403, a.Status));
        Assert.Equal((410, "CodeLocked"), await RefusalAsync(code));
        var state = JsonDocument.Parse((await server.Local.GetAnswerAsync("/edge/v1/pairings/" + opened.GetProperty("kept").GetProperty("id").GetString())).Text).RootElement;
        Assert.Equal(("locked", 0), (state.GetProperty("state").GetString(), state.GetProperty("tries_left").GetInt32()));
        await server.Process.WaitForLogAsync("is locked after 5 wrong codes");
        await NothingLeaksAsync(code);
    }

    [Fact]
    public async Task Of_many_who_send_the_right_code_at_once_one_gets_a_key()
    {
        string code = (await OpenAsync(server.Local, """{"name":"race"}""")).GetProperty("code").GetString()!;
        using var client = server.Client();
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => client.PostAnswerAsync(Pair, $$"""{"code":"{{code}}"}""")));
        Assert.Single(answers, a => a.Status == 201);
        Assert.Equal(29, answers.Count(a => a.Status == 410));
        var keys = JsonDocument.Parse((await server.Local.GetAnswerAsync("/edge/v1/keys")).Text).RootElement.GetProperty("keys");
        Assert.Single(keys.EnumerateArray(), k => k.GetProperty("name").GetString()!.StartsWith("race", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_plain_port_a_foreign_page_and_nonsense_are_refused_and_cost_no_try()
    {
        var opened = await OpenAsync(server.Local, "{}");
        string code = opened.GetProperty("code").GetString()!, body = $$"""{"code":"{{code}}"}""";
        using var plain = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = server.Page };
        foreach (string path in new[] { Pair, "/pair" })
            Assert.Equal((403, "Unencrypted"), Code(await plain.PostAnswerAsync(path, body)));
        Assert.Equal(403, (await plain.GetAnswerAsync("/pair")).Status);
        using var tablet = server.Client();
        foreach (string origin in new[] { "https://evil.example", "null", server.Page.ToString().TrimEnd('/') })
            Assert.Equal((403, "ForeignCaller"), Code(await tablet.SendAnswerAsync(Pair, System.Text.Encoding.UTF8.GetBytes(body), "application/json", r => r.Headers.Add("Origin", origin))));
        foreach (string nonsense in new[] { "", "{", "null", "{}", """{"code":7}""", """{"code":"0OIL"}""", $$"""{"code":"{{new string('A', 20_000)}}"}""" })
            Assert.Equal(400, (await tablet.PostAnswerAsync(Pair, nonsense)).Status);
        var state = JsonDocument.Parse((await server.Local.GetAnswerAsync("/edge/v1/pairings/" + opened.GetProperty("kept").GetProperty("id").GetString())).Text).RootElement;
        Assert.Equal(("open", 5), (state.GetProperty("state").GetString(), state.GetProperty("tries_left").GetInt32()));
    }

    [Fact]
    public async Task Who_tries_too_often_waits_whatever_he_tries()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        await using var strict = await EdgeServeProcess.StartAsync(models.Path, new Dictionary<string, string?>
        {
            ["EDGESERVE__Security__RequireKeyOnLoopback"] = "true",
            ["EDGESERVE__Security__AddressRequestsPerSecond"] = "2",
        });
        var seen = new HashSet<int>();
        var watch = Stopwatch.StartNew();
        while (seen.Count < 2 && watch.Elapsed < TimeSpan.FromSeconds(30))
            seen.Add((await strict.Client.PostAnswerAsync(Pair, $$"""{"code":"{{CodeText.Make(CodeText.ShortLength)}}"}""")).Status);
        Assert.Equal([403, 429], seen.Order());
    }

    [Fact]
    public async Task After_five_minutes_a_code_is_too_old()
    {
        const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
        Assert.SkipUnless(File.Exists(Library), "libfaketime is not installed");
        using var models = new ModelFolder().AddShipped("breast-cancer");
        string clock = Path.Combine(models.Path, ".clock");
        void Show(string time)
        {
            File.WriteAllText(clock + ".new", time + "\n");
            File.Move(clock + ".new", clock, overwrite: true);
        }

        Show("+0");
        await using var box = await EdgeServeProcess.StartAsync(models.Path, new Dictionary<string, string?>
        {
            ["LD_PRELOAD"] = Library,
            ["FAKETIME_TIMESTAMP_FILE"] = clock,
            ["FAKETIME_NO_CACHE"] = "1",
            ["EDGESERVE__Server__LanUrls"] = $"https://127.0.0.2:{EdgeServeProcess.FreePort()}",
        });
        // Five minutes at once end every connection that was idle.
        box.Client.DefaultRequestHeaders.ConnectionClose = true;
        string[] codes = [(await OpenAsync(box.Client, "{}")).GetProperty("code").GetString()!, (await OpenAsync(box.Client, "{}")).GetProperty("code").GetString()!];
        Show("+150");
        Assert.Equal(201, (await box.Client.PostAnswerAsync(Pair, $$"""{"code":"{{codes[0]}}"}""")).Status);
        Show("+301");
        Assert.Equal((410, "CodeExpired"), Code(await box.Client.PostAnswerAsync(Pair, $$"""{"code":"{{codes[1]}}"}""")));
    }

    [Fact]
    public async Task A_card_outlives_restarts_lets_one_in_and_ends_with_the_next()
    {
        string folder = Directory.CreateTempSubdirectory("edgeserve-cards-").FullName;
        try
        {
            string first = await CardAsync(Path.Combine(folder, "first.html")), second = await CardAsync(Path.Combine(folder, "second.html"));
            Assert.Equal((403, "CodeWrong"), await RefusalAsync(first));
            await server.RestartAsync();
            var (status, answer) = await CurlAsync(Pair, $$"""{"code":"{{second}}","name":"first tablet"}""");
            Assert.Equal((201, "admin"), (status, answer.GetProperty("scope").GetString()));
            Assert.Equal((410, "CodeUsed"), await RefusalAsync(second));
            await NothingLeaksAsync(second);
            // Another, for a box that is being prepared and does not run; then locked by guessing, over a restart.
            await server.Process.StopAsync();
            string third = await CardAsync(Path.Combine(folder, "third.html"));
            await server.Process.DisposeAsync();
            await server.StartAgainAsync();
            for (int i = 0; i < 4; i++)
                Assert.Equal((403, "CodeWrong"), await RefusalAsync(CodeText.Make(CodeText.LongLength)));
            await server.RestartAsync();
            Assert.Equal((403, "CodeWrong"), await RefusalAsync(CodeText.Make(CodeText.LongLength)));
            Assert.Equal((410, "CodeLocked"), await RefusalAsync(third));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_box_that_serves_no_network_makes_no_code()
    {
        string data = Directory.CreateTempSubdirectory("edgeserve-nowhere-").FullName;
        try
        {
            var (exit, _, error) = await EdgeServeProcess.RunAsync("setup-card", "--data", data, "--out", Path.Combine(data, "card.html"));
            Assert.Equal(2, exit);
            Assert.Contains("Server:LanUrls", error, StringComparison.Ordinal);
            Assert.False(File.Exists(Path.Combine(data, "card.html")));
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task A_card_made_before_the_first_start_tells_the_audit_of_the_authority_it_made()
    {
        string data = Directory.CreateTempSubdirectory("edgeserve-first-").FullName;
        try
        {
            Assert.Equal(0, (await EdgeServeProcess.RunAsync(Settings, "setup-card", "--data", data, "--out", Path.Combine(data, "card.html"))).ExitCode);
            Assert.Contains("tls.authority", (await EdgeServeProcess.RunAsync("audit", "show", "--json", "--data", data)).Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private async Task<string> CardAsync(string file)
    {
        var (exit, _, error) = await EdgeServeProcess.RunAsync(Settings, "setup-card", "--data", server.Data, "--out", file);
        Assert.True(exit == 0, error);
        string card = await File.ReadAllTextAsync(file, Requests.Stop);
        return LongCode().Match(card).Groups[1].Value.Replace("<wbr>", "", StringComparison.Ordinal);
    }

    private static async Task<JsonElement> OpenAsync(HttpClient client, string body)
    {
        var answer = await client.PostAnswerAsync("/edge/v1/pairings", body);
        Assert.True(answer.Status == 201, answer.Text);
        return JsonDocument.Parse(answer.Text).RootElement;
    }

    private async Task<(int Status, string? Code)> RefusalAsync(string code)
    {
        var (status, answer) = await CurlAsync(Pair, $$"""{"code":"{{code}}"}""");
        return (status, answer.GetProperty("code").GetString());
    }

    private static (int Status, string? Code) Code(Requests.Answer answer) =>
        (answer.Status, JsonDocument.Parse(answer.Text).RootElement.GetProperty("code").GetString());

    private async Task<(int Status, JsonElement Answer)> CurlAsync(string path, string body)
    {
        var (exit, output) = await Tool.RunAsync("curl", "-sS", "--cacert", server.AuthorityFile, "-d", body, "-w", "\n%{http_code}", new Uri(server.Lan, path).ToString());
        Assert.True(exit == 0, output);
        string[] parts = output.Split('\n');
        return (int.Parse(parts[^1], CultureInfo.InvariantCulture), JsonDocument.Parse(parts[0]).RootElement);
    }

    /// <summary>No code is in the log nor in any file of the box.</summary>
    private async Task NothingLeaksAsync(string code)
    {
        string plain = code.Replace("-", "", StringComparison.Ordinal);
        string[] forms = [plain, CodeText.Show(plain)];
        Assert.DoesNotContain(forms, f => server.Process.Output.Contains(f, StringComparison.OrdinalIgnoreCase));
        foreach (string file in Directory.EnumerateFiles(server.Data, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".sock", StringComparison.Ordinal)))
        {
            string content;
            try
            {
                content = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Requests.Stop));
            }
            catch (IOException)
            {
                continue; // it came and went
            }

            Assert.DoesNotContain(forms, f => content.Contains(f, StringComparison.OrdinalIgnoreCase));
        }
    }

    private static async Task<(string Code, string Shown)> ReadCodeAsync(Process terminal)
    {
        var shown = new System.Text.StringBuilder();
        while (await terminal.StandardOutput.ReadLineAsync(Requests.Stop) is { } line)
        {
            shown.AppendLine(line);
            if (ShortCode().Match(line) is { Success: true } code)
                return (code.Groups[1].Value, shown.ToString());
        }

        throw new InvalidOperationException($"no code: {shown} {await terminal.StandardError.ReadToEndAsync(Requests.Stop)}");
    }

    /// <summary>What somebody else's reader sees in the squares on the terminal.</summary>
    private static async Task<string> ScanAsync(string shown)
    {
        const int Scale = 6;
        string[] rows = [.. shown.Split('\n').SkipWhile(l => l.Trim().Length == 0 || !l.Contains('\u2580', StringComparison.Ordinal)).TakeWhile(l => l.Length > 0 && !l.Contains("Page", StringComparison.Ordinal)).Where(l => l.AsSpan().IndexOfAny('\u2580', '\u2584', '\u2588') >= 0)];
        int width = rows.Max(r => r.Length);
        const int Margin = 4;
        int columns = width + (2 * Margin), lines = (rows.Length * 2) + (2 * Margin);
        byte[] pixels = new byte[columns * Scale * lines * Scale];
        Array.Fill(pixels, (byte)255);
        for (int y = 0; y < rows.Length; y++)
        {
            for (int x = 0; x < rows[y].Length; x++)
            {
                char c = rows[y][x];
                Fill(x + Margin, (2 * y) + Margin, c is '\u2580' or '\u2588');
                Fill(x + Margin, (2 * y) + 1 + Margin, c is '\u2584' or '\u2588');
            }
        }

        string picture = Path.GetTempFileName();
        try
        {
            byte[] header = System.Text.Encoding.ASCII.GetBytes($"P5\n{columns * Scale} {lines * Scale}\n255\n");
            await File.WriteAllBytesAsync(picture, [.. header, .. pixels], Requests.Stop);
            return (await Tool.RunAsync("zbarimg", "-q", "--raw", "pgm:" + picture)).Output.Split('\n').First(l => l.StartsWith("http", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(picture);
        }

        void Fill(int x, int y, bool dark)
        {
            for (int i = 0; dark && i < Scale; i++)
                Array.Fill(pixels, (byte)0, (((y * Scale) + i) * columns * Scale) + (x * Scale), Scale);
        }
    }

    [GeneratedRegex("Code +([2-9A-Y]{4}-[2-9A-Y]{4})$")]
    private static partial Regex ShortCode();

    [GeneratedRegex("<p class=\"code\">([^/]+)</p>")]
    private static partial Regex LongCode();
}
