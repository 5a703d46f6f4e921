using System.Net;
using EdgeServe.Hosting;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Tests.Security.Pairing;

public sealed class BoxLinksTests
{
    [Fact]
    public void A_box_is_found_by_its_name_or_by_what_is_asked_for()
    {
        var options = Options("https://0.0.0.0:8443", "http://0.0.0.0:8000");
        string name = Dns.GetHostName().Split('.')[0].ToLowerInvariant() + ".local";
        var links = BoxLinks.Of(options, null);
        Assert.Equal(($"http://{name}:8000/", $"https://{name}:8443/pair"), (links.Trust, links.Pair));
        Assert.DoesNotContain(links.Pair, links.Elsewhere);
        Assert.Equal(links.Pair + "#ACDE", links.PairWith("ACDE"));
        Assert.Equal(("http://10.0.0.7:8000/", "https://10.0.0.7:8443/pair"), (BoxLinks.Of(options, "10.0.0.7").Trust, BoxLinks.Of(options, "10.0.0.7").Pair));
        Assert.Equal("https://[fd00::7]:8443/pair", BoxLinks.Of(options, "fd00::7").Pair);
    }

    [Fact]
    public void The_one_address_a_box_listens_on_is_where_it_is_found()
    {
        var links = BoxLinks.Of(Options("https://10.0.0.7:443", "http://10.0.0.7:80"), null);
        Assert.Equal(("http://10.0.0.7/", "https://10.0.0.7/pair", 0), (links.Trust, links.Pair, links.Elsewhere.Length));
        Assert.Null(BoxLinks.Of(Options("https://10.0.0.7:443", ""), null).Trust);
    }

    [Theory]
    [InlineData("", null, "NotServed")]
    [InlineData("https://0.0.0.0:8443", "a b", "InvalidPairing")]
    [InlineData("https://0.0.0.0:8443", "host/path", "InvalidPairing")]
    [InlineData("https://0.0.0.0:8443", "user@host", "InvalidPairing")]
    [InlineData("https://0.0.0.0:8443", "", "InvalidPairing")]
    public void A_link_that_leads_nowhere_is_not_made(string lan, string? host, string error) =>
        Assert.Equal(error, Assert.Throws<PairingException>(() => BoxLinks.Of(Options(lan, ""), host)).Error.ToString());

    private static EdgeServeOptions Options(string lan, string page) => new() { Server = { LanUrls = lan, TrustPageUrls = page } };
}
