using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeServe.Hosting;
using EdgeServe.Http.Pages;
using EdgeServe.Http.Pairing;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;
using Microsoft.AspNetCore.Http;

namespace EdgeServe.Tests.Http.Pages;

public sealed partial class PageTests
{
    [Fact]
    public void Every_text_is_in_every_language_and_none_is_for_nothing()
    {
        using var texts = JsonDocument.Parse(Page.Read("texts.json"));
        foreach (var text in texts.RootElement.EnumerateObject())
            Assert.Equal(Page.Languages, text.Value.EnumerateObject().Select(l => l.Name));
        string pages = string.Concat(new[] { "trust.html", "trust-own.html", "trust-operator.html", "pair.html", "pair-form.html", "pair-insecure.html", "pair-done.html", "card.html", "card-trust.html", "kit-card.html", "kit-button.html" }.Select(Page.Read));
        foreach (string name in texts.RootElement.EnumerateObject().Select(t => t.Name).Where(n => !Guide().IsMatch(n)))
            Assert.True(pages.Contains($"{name}}}}}", StringComparison.Ordinal) || name is "card.elsewhere" or "card.again" or "kit.one", $"{name} is on no page");
    }

    [Theory]
    [InlineData("", null, "en")]
    [InlineData("", "de-DE,de;q=0.9", "en")]
    [InlineData("", "fr-CA, en;q=0.8", "fr")]
    [InlineData("", "en;q=0.5, fr;q=0.9", "fr")]
    [InlineData("", "fr;q=0, en", "en")]
    [InlineData("", "frr, de", "en")]
    [InlineData("?lang=fr", "en", "fr")]
    [InlineData("?lang=xx", "fr", "fr")]
    [InlineData("", ";;;=,", "en")]
    public void The_language_is_the_one_asked_for(string query, string? header, string language)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString(query);
        context.Request.Headers.AcceptLanguage = header;
        Assert.Equal(language, Page.Language(context.Request));
    }

    [Fact]
    public void A_card_names_itself_in_both_languages_and_lets_no_name_of_a_box_break_out()
    {
        var options = new EdgeServeOptions { Server = { Name = "<script>alert(1)</script>", LanUrls = "https://0.0.0.0:8443", TrustPageUrls = "http://0.0.0.0:8000" } };
        string card = System.Text.Encoding.UTF8.GetString(SetupCard.Write(options, SetupCard.Links(options, "box.local"), "AA:BB", new string('A', 20), Scope.Admin));
        Assert.DoesNotContain("<script", card, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", card, StringComparison.Ordinal);
        Assert.Contains("Setup card", card, StringComparison.Ordinal);
        Assert.Contains("Carte de mise en service", card, StringComparison.Ordinal);
        Assert.Contains("AA:<wbr>BB", card, StringComparison.Ordinal);
        Assert.Equal(2, card.Split("class=\"qr\"").Length - 1);
        Assert.InRange(card.Length, 5_000, 60_000);
        // Nothing of it comes from elsewhere.
        Assert.DoesNotMatch("(src|href)=", card);
    }

    [Fact]
    public void A_card_that_would_lead_nowhere_is_not_made() =>
        Assert.Equal(PairingError.NotServed, Assert.Throws<PairingException>(() => SetupCard.Links(new EdgeServeOptions { Server = { LanUrls = "https://0.0.0.0:8443" } }, null)).Error);

    [GeneratedRegex(@"^(android|ipad|windows)\.|^kit\.(step|press)\.|^kit\.[a-z]+\.seen$|^kit\.(ready|busy|stickreading|stickdone|refused|starting|updating|degraded|pairing|letgo)$")]
    private static partial Regex Guide();
}
