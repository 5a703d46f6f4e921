using System.Text;
using System.Text.RegularExpressions;
using EdgeServe.Hosting;
using EdgeServe.Http.Kit;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Tests.Http.Kit;

public sealed partial class KitCardTests
{
    private static readonly EdgeServeOptions Wired = new()
    {
        Server = { Name = "<b>Clinic</b>", Contact = "Amina <script>", LanUrls = "https://0.0.0.0:8443", TrustPageUrls = "http://0.0.0.0:8000" },
        Lights = { GreenLine = 17, AmberLine = 27, RedLine = 22, ButtonLine = 23 },
    };

    [Fact]
    public void It_says_everything_in_both_languages_and_nothing_breaks_out()
    {
        string card = Card(Wired, BoxLinks.Of(Wired, "box.local"));
        Assert.DoesNotContain("{{", card, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", card, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;Clinic&lt;/b&gt;", card, StringComparison.Ordinal);
        Assert.Contains("Amina &lt;script&gt;", card, StringComparison.Ordinal);
        Assert.Contains("https://box.local:8443/pair", card, StringComparison.Ordinal);
        Assert.Contains("Laissez la clé USB en place", card, StringComparison.Ordinal);
        Assert.Contains("Leave the stick in", card, StringComparison.Ordinal);
        // Nothing of it comes from elsewhere, and it may do nothing.
        Assert.DoesNotMatch("(src|href)=", card);
        Assert.Contains("default-src 'none'; style-src 'sha256-", card, StringComparison.Ordinal);
        Assert.Contains("script-src 'none'", card, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_state_is_drawn_as_long_as_it_lights()
    {
        string card = Card(Wired, null);
        var drawn = Timeline().Matches(card).Select(m => Lit().Matches(m.Value).Count).ToArray();
        // Ready, busy, reading, done, refused, starting, updating, degraded, pairing; and all three lights at once.
        Assert.Equal([1, 2, 8, 3, 7, 2, 4, 6, 7, 60], drawn);
    }

    [Fact]
    public void Without_a_button_and_a_network_it_says_nothing_of_them()
    {
        string card = Card(new EdgeServeOptions(), null);
        Assert.DoesNotContain("Let go of the button", card, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", card.Replace("http://www.w3.org", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("only its rhythm counts", card, StringComparison.Ordinal);
        Assert.Contains("class=\"blank\"", card, StringComparison.Ordinal);
    }

    private static string Card(EdgeServeOptions options, BoxLinks? links) => Encoding.UTF8.GetString(KitCard.Write(options, links));

    [GeneratedRegex("viewBox=\"0 0 400 44\".*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Timeline();

    [GeneratedRegex("fill=\"#(?:ff5a4f|ffc53d|4fd675|fff)\"")]
    private static partial Regex Lit();
}
