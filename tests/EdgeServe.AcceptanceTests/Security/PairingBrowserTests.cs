using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>
/// The pages in a real browser, in a network of their own where the box has an address that is not loopback's: what a browser
/// calls secure there is what it calls secure in a clinic.
/// </summary>
public sealed partial class PairingBrowserTests(BrowserBox box) : IClassFixture<BrowserBox>
{
    private const string Stored = "localStorage.getItem('edgeserve.key')";

    [Fact]
    public async Task With_the_authority_a_tablet_pairs_and_its_key_works()
    {
        box.SkipUnlessItCan();
        var pairing = await box.PairAsync("--scope", "infer", "--model", "breast-cancer");
        await using var browser = await box.BrowseAsync(trusting: true);
        Assert.Null(await browser.GoAsync(pairing.Url));
        Assert.True((bool)(await browser.EvaluateAsync("isSecureContext"))!);
        // The code is in the field, and nowhere where it would stay.
        Assert.Equal(pairing.Code, (string?)await browser.EvaluateAsync("document.getElementById('code').value"));
        Assert.DoesNotContain('#', (string)(await browser.EvaluateAsync("location.href"))!);
        await browser.TypeAsync("#name", "ward <3>");
        await browser.EnterAsync();
        await browser.UntilAsync("!document.getElementById('works').hidden");
        Assert.Equal("breast-cancer", (string?)await browser.EvaluateAsync("document.getElementById('models').textContent"));
        string key = (string)(await browser.EvaluateAsync(Stored))!;
        Assert.Equal("paired", (await box.StateAsync(pairing.Id)).State);
        // Another program with the same key, on the same network.
        string url = $"{BrowserBox.Lan}/v2/models";
        Assert.Equal("""{"models":["breast-cancer"]}""", (await box.RunAsync("curl", "-sS", "--cacert", box.AuthorityFile, "-H", $"Authorization: Bearer {key}", url)).Output);
        // It is known again, until it is revoked.
        await browser.GoAsync($"{BrowserBox.Lan}/pair");
        await browser.UntilAsync("!document.getElementById('has').hidden");
        Assert.Equal("ward <3>", (string?)await browser.EvaluateAsync("document.getElementById('who').textContent"));
        Assert.Equal(0, (await box.EdgeServeAsync("tablet", "revoke", "ward <3>")).ExitCode);
        await browser.GoAsync($"{BrowserBox.Lan}/pair?lang=fr");
        await browser.UntilAsync("!document.getElementById('form').hidden");
        Assert.All(browser.Requests, r => Assert.StartsWith(BrowserBox.Lan + "/", r[(r.IndexOf(' ', StringComparison.Ordinal) + 1)..], StringComparison.Ordinal));
        Assert.DoesNotContain(browser.Errors, e => e.Contains("Content Security Policy", StringComparison.Ordinal) || e.Contains("exception", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Without_the_authority_nothing_is_sent_and_nothing_is_kept()
    {
        box.SkipUnlessItCan();
        var pairing = await box.PairAsync();
        await using (var browser = await box.BrowseAsync(trusting: false))
        {
            Assert.Equal("net::ERR_CERT_AUTHORITY_INVALID", await browser.GoAsync(pairing.Url));
            Assert.Equal("net::ERR_CERT_AUTHORITY_INVALID", await browser.GoAsync($"{BrowserBox.Lan}/pair"));
            Assert.DoesNotContain(browser.Requests, r => r.StartsWith("POST", StringComparison.Ordinal));
            Assert.Equal(("open", 5), await box.StateAsync(pairing.Id));
        }

        Assert.DoesNotContain("esk_", box.Profile, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_plain_http_the_page_says_what_to_do_and_sends_nothing_whoever_forwards_it()
    {
        box.SkipUnlessItCan();
        var pairing = await box.PairAsync();
        // Somebody put a proxy without TLS before the box: to the box it is a program on the same machine.
        using var proxy = box.Forward(8080, box.LocalPort);
        await using var browser = await box.BrowseAsync(trusting: true);
        foreach (string language in new[] { "en", "fr" })
        {
            Assert.Null(await browser.GoAsync($"http://{NetworkNamespace.Address}:8080/pair?lang={language}#{pairing.Code}"));
            Assert.False((bool)(await browser.EvaluateAsync("isSecureContext"))!);
            await browser.UntilAsync("!document.getElementById('insecure').hidden && !document.getElementById('form')");
            Assert.Contains(language == "en" ? "Nothing was sent" : "Rien n’a été envoyé", (string)(await browser.EvaluateAsync("document.body.innerText"))!, StringComparison.Ordinal);
            Assert.Equal(0, (int)(await browser.EvaluateAsync("localStorage.length"))!);
        }

        // On the plain port of the box itself there is no such page at all.
        await browser.GoAsync($"{BrowserBox.Page}/pair#{pairing.Code}");
        Assert.Contains("Unencrypted", (string)(await browser.EvaluateAsync("document.body.innerText"))!, StringComparison.Ordinal);
        Assert.DoesNotContain(browser.Requests, r => r.StartsWith("POST", StringComparison.Ordinal));
        Assert.Equal(("open", 5), await box.StateAsync(pairing.Id));
    }

    [Fact]
    public async Task Without_a_script_the_form_pairs_and_shows_the_key_once()
    {
        box.SkipUnlessItCan();
        var pairing = await box.PairAsync("--name", "no script");
        await using var browser = await box.BrowseAsync(trusting: true);
        await browser.SendAsync("Emulation.setScriptExecutionDisabled", new() { ["value"] = true });
        await browser.SendAsync("Page.navigate", new() { ["url"] = $"{BrowserBox.Lan}/pair?lang=fr" });
        await box.WaitForAsync(async () => await browser.HtmlAsync("form input[name=code]") is not null);
        await browser.TypeAsync("#code", "acde fhjk");
        await browser.EnterAsync();
        await box.WaitForAsync(async () => (await browser.HtmlAsync("main"))?.Contains("Le boîtier ne connaît pas ce code. Vérifiez", StringComparison.Ordinal) == true && (await browser.HtmlAsync("form > p.stop")) is not null);
        await browser.SendAsync("Page.navigate", new() { ["url"] = $"{BrowserBox.Lan}/pair?lang=fr" });
        await box.WaitForAsync(async () => await browser.HtmlAsync("form input[name=code]") is not null && await browser.HtmlAsync("form > p.stop") is null);
        await browser.TypeAsync("#code", pairing.Code);
        await browser.EnterAsync();
        await box.WaitForAsync(async () => await browser.HtmlAsync("#key") is { } html && html.Contains("esk_", StringComparison.Ordinal));
        string key = Key().Match((await browser.HtmlAsync("#key"))!).Value;
        Assert.Equal("200", (await box.RunAsync("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", box.AuthorityFile, "-H", $"Authorization: Bearer {key}", $"{BrowserBox.Lan}/v2/models")).Output);
    }

    [Fact]
    public async Task Pages_fit_a_phone_and_a_tablet_speak_two_languages_and_load_nothing()
    {
        box.SkipUnlessItCan();
        await using var browser = await box.BrowseAsync(trusting: true);
        foreach (var (language, width, url) in
            from language in new[] { "en", "fr" }
            from width in new[] { 390, 820 }
            from url in new[] { $"{BrowserBox.Page}/", $"{BrowserBox.Lan}/pair" }
            select (language, width, url))
        {
            await browser.ResizeAsync(width, 900);
            Assert.Null(await browser.GoAsync($"{url}?lang={language}"));
            Assert.Equal(language, (string?)await browser.EvaluateAsync("document.documentElement.lang"));
            Assert.Equal(language == "en" ? "Français" : "English", (string?)await browser.EvaluateAsync("document.querySelector('header a').textContent"));
            await browser.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
            Assert.True((bool)(await browser.EvaluateAsync("document.documentElement.scrollWidth <= innerWidth"))!, $"{url} is wider than {width}");
            // Words stay inside their pictures, and what is tapped is large enough for a finger.
            Assert.True((bool)(await browser.EvaluateAsync("[...document.querySelectorAll('svg text')].every(t => t.getBBox().x + t.getBBox().width < t.ownerSVGElement.viewBox.baseVal.width - 14)"))!);
            Assert.True((bool)(await browser.EvaluateAsync("[...document.querySelectorAll('button, .button, summary, header a, input')].filter(e => e.getClientRects().length).every(e => e.getBoundingClientRect().height >= 40)"))!);
        }

        // The page, and at most the icon that every browser asks for.
        Assert.All(browser.Requests, r => Assert.Matches("/(pair)?\\?lang=|/favicon.ico$|/v2/models$", r));
        Assert.DoesNotContain(browser.Errors, e => e.Contains("Content Security Policy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_printed_card_is_read_by_a_camera_and_lets_one_tablet_in()
    {
        box.SkipUnlessItCan();
        Assert.SkipUnless(Tool.IsInstalled("zbarimg"), "zbar-tools is not installed");
        string file = Path.Combine(box.Home, "card.html");
        Assert.Equal(0, (await box.EdgeServeAsync("setup-card", "--out", file)).ExitCode);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(file).UnixFileMode);
        await using var browser = await box.BrowseAsync(trusting: true);
        await browser.ResizeAsync(794, 1123);
        Assert.Null(await browser.GoAsync("file://" + file));
        Assert.True((bool)(await browser.EvaluateAsync("document.documentElement.scrollHeight <= innerHeight"))!, "one page of A4");
        string picture = Path.Combine(box.Home, "card.png");
        await File.WriteAllBytesAsync(picture, await browser.PictureAsync(), TestContext.Current.CancellationToken);
        string[] read = [.. (await Tool.RunAsync("zbarimg", "-q", "--raw", picture)).Output.Split('\n').Where(l => l.StartsWith("http", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.Equal(2, read.Length);
        Assert.Equal($"{BrowserBox.Page}/", read[0]);
        string printed = (string)(await browser.EvaluateAsync("document.querySelector('.code').textContent"))!;
        Assert.Equal($"{BrowserBox.Lan}/pair#{printed.Replace("-", "", StringComparison.Ordinal)}", read[1]);
        Assert.Contains((await box.EdgeServeAsync("tablet", "trust")).Output.Trim(), (string)(await browser.EvaluateAsync("document.body.textContent"))!, StringComparison.Ordinal);
        // As a tablet does that scanned it.
        Assert.Null(await browser.GoAsync(read[1]));
        await browser.TypeAsync("#name", "first");
        await browser.EnterAsync();
        await browser.UntilAsync("!document.getElementById('paired').hidden");
        string admin = (string)(await browser.EvaluateAsync(Stored))!;
        var (_, keys) = await box.RunAsync("curl", "-sS", "--cacert", box.AuthorityFile, "-H", $"Authorization: Bearer {admin}", $"{BrowserBox.Lan}/edge/v1/keys");
        Assert.Contains("\"name\":\"first\",\"scope\":\"admin\"", keys, StringComparison.Ordinal);
        Assert.Contains("CodeUsed", (await box.RunAsync("curl", "-sS", "--cacert", box.AuthorityFile, "-d", JsonSerializer.Serialize(new { code = printed }), $"{BrowserBox.Lan}/edge/v1/pair")).Output, StringComparison.Ordinal);
    }

    [GeneratedRegex("esk_[A-Za-z0-9_-]{48}")]
    private static partial Regex Key();
}
