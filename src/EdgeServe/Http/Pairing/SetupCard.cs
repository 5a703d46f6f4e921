using System.Text;
using EdgeServe.Hosting;
using EdgeServe.Http.Pages;
using EdgeServe.Http.Trust;
using EdgeServe.Security;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Http.Pairing;

/// <summary>
/// The card for a box without a screen: one page to print, in both languages, with the way to the trust page and a long code
/// that pairs one tablet. Whoever reads the card may use it; that is what it is for.
/// </summary>
internal static class SetupCard
{
    /// <param name="options">Where the box listens, and its name.</param>
    /// <param name="links">Where a tablet finds it.</param>
    /// <param name="fingerprint">Of its authority; null: the operator's certificate serves, and there is nothing to trust first.</param>
    /// <param name="code">The only copy of it.</param>
    /// <param name="scope">What the tablet will get.</param>
    public static byte[] Write(EdgeServeOptions options, BoxLinks links, string? fingerprint, string code, Scope scope)
    {
        string pair = links.PairWith(code);
        var values = new Dictionary<string, string>
        {
            ["box"] = Page.Encode(options.Server.Name),
            ["policy"] = Page.Policy($"<style>{Page.Read("card.css").TrimEnd('\n')}</style>", "form-action 'none'"),
            ["scope"] = AccessTexts.Name(scope),
            ["second"] = fingerprint is null ? "1" : "2",
            ["pair"] = Page.Encode(links.Pair),
            ["pair.qr"] = QrPicture.Svg(pair, links.Pair),
            ["code"] = CodeText.Show(code).Replace("-", "-<wbr>", StringComparison.Ordinal),
            ["again"] = options.Lights.ButtonLine < 0 ? "" : $"<p class=\"keep\">{Page.Text("en.card.again", "en")} <span lang=\"fr\">{Page.Text("fr.card.again", "fr")}</span></p>",
            ["trust"] = "",
            ["elsewhere"] = "",
        };
        if (fingerprint is not null && links.Trust is { } trust)
        {
            values["fingerprint"] = TrustPage.Lines(fingerprint);
            values["trust.url"] = Page.Encode(trust);
            values["trust.qr"] = QrPicture.Svg(trust, trust);
            values["trust"] = Page.Render("card-trust.html", Page.Languages[0], values);
        }

        if (links.Elsewhere.Length > 0)
            values["elsewhere"] = $"<p class=\"elsewhere\">{Page.Text("en.card.elsewhere", "en")} <span lang=\"fr\">{Page.Text("fr.card.elsewhere", "fr")}</span> {string.Join(", ", links.Elsewhere.Select(Page.Encode))}</p>";
        return Encoding.UTF8.GetBytes(Page.Render("card.html", Page.Languages[0], values));
    }

    /// <summary>A card without the step that makes a tablet trust the box would lead nowhere.</summary>
    /// <exception cref="PairingException">The network is not served so that a tablet finds its way in.</exception>
    public static BoxLinks Links(EdgeServeOptions options, string? host)
    {
        var links = BoxLinks.Of(options, host);
        return links.Trust is not null || options.Security.CertificateFile.Length > 0
            ? links
            : throw new PairingException(PairingError.NotServed, "this box has no page that says how to trust it", "Set Server:TrustPageUrls, for example http://0.0.0.0:8000.");
    }

    /// <exception cref="KeyException">No key can have that scope.</exception>
    public static Scope ScopeOf(string? name)
    {
        var scope = Keys.KeyViews.ScopeOf(name, Scope.Admin);
        new PairingWish(null, scope, []).Check();
        return scope;
    }
}
