using System.Text;
using System.Text.Encodings.Web;
using EdgeServe.Hosting;
using EdgeServe.Security.Tls;
using Microsoft.Extensions.Options;

namespace EdgeServe.Http.Trust;

/// <summary>
/// All that the network gets without encryption: one page that says how to trust this box, and the certificate of its
/// authority. Everything else there is 403 and never a redirect, which a client would follow after it had sent its key.
/// </summary>
internal sealed class TrustPage(ServerCertificates certificates, IOptions<EdgeServeOptions> options)
{
    private const string AuthorityPath = "/edgeserve-ca.crt";

    private static readonly string Template = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>{name}</title>
        <style>body{font:1.1em/1.5 sans-serif;max-width:38em;margin:1em auto;padding:0 1em}code{display:block;font-size:.95em;overflow-wrap:anywhere;border:1px solid;padding:.5em}</style>
        <h1>{name}</h1>
        <p><a href="#fr" lang="fr" hreflang="fr">Français</a></p>
        <section lang="en">
        <h2>Trust this box</h2>
        <p>This page is not encrypted. Type nothing here and send nothing: no key, no photo.</p>
        {en}
        </section>
        <hr>
        <section id="fr" lang="fr">
        <h2>Faire confiance à ce boîtier</h2>
        <p>Cette page n’est pas chiffrée. Ne saisissez rien ici et n’envoyez rien : ni clé, ni photo.</p>
        {fr}
        </section>
        </html>
        """;

    private const string English = """
        <ol>
        <li><a href="/edgeserve-ca.crt" download>Download the certificate of this box</a>.</li>
        <li>Before you install it, compare its SHA-256 fingerprint with the one that <b>edgeserve tablet trust</b> shows on the box. If they differ, stop: somebody is between you and the box.
        <code>{fingerprint}</code></li>
        <li>Install it.<br><b>Android:</b> Settings, Security, More security settings, Install from device storage, CA certificate.<br>
        <b>iPad:</b> Settings, Profile downloaded, Install; then General, About, Certificate Trust Settings, switch it on.<br>
        <b>Windows:</b> open the file, Install certificate, Trusted Root Certification Authorities.</li>
        <li>From then on use <a href="{https}">{https}</a>.</li>
        </ol>
        """;

    private const string French = """
        <ol>
        <li><a href="/edgeserve-ca.crt" download>Téléchargez le certificat de ce boîtier</a>.</li>
        <li>Avant de l’installer, comparez son empreinte SHA-256 avec celle que <b>edgeserve tablet trust</b> affiche sur le boîtier. Si elles diffèrent, arrêtez : quelqu’un s’est placé entre vous et le boîtier.
        <code>{fingerprint}</code></li>
        <li>Installez-le.<br><b>Android :</b> Paramètres, Sécurité, Autres paramètres de sécurité, Installer depuis la mémoire, Certificat CA.<br>
        <b>iPad :</b> Réglages, Profil téléchargé, Installer ; puis Général, Informations, Réglages des certificats, activez-le.<br>
        <b>Windows :</b> ouvrez le fichier, Installer un certificat, Autorités de certification racines de confiance.</li>
        <li>Utilisez ensuite <a href="{https}">{https}</a>.</li>
        </ol>
        """;

    private readonly string _name = options.Value.Server.Name;
    private readonly int _port = OptionsErrors.Addresses(options.Value.Server.LanUrls).Select(u => u.Port).FirstOrDefault(443);

    public Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        bool reads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        if (reads && path == "/")
            return WriteAsync(context, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(Page(context.Request.Host.Host)));
        if (reads && path == AuthorityPath && certificates.Authority is { } authority)
            return WriteAsync(context, "application/x-x509-ca-cert", authority.Certificate.RawData);
        return ErrorResponses.WriteAsync(
            context, StatusCodes.Status403Forbidden, "nothing is served here without encryption", "Unencrypted", $"If a key was sent, revoke it. Use https and port {_port}; / says how to trust this box.");
    }

    private string Page(string host)
    {
        string https = HtmlEncoder.Default.Encode($"https://{host}{(_port == 443 ? "" : ":" + _port.ToString(System.Globalization.CultureInfo.InvariantCulture))}/");
        string english = English, french = French;
        if (certificates.Authority is null)
        {
            english = "<p>This box uses a certificate of its operator. Use <a href=\"{https}\">{https}</a>; if your tablet warns you, stop and ask whoever looks after it.</p>";
            french = "<p>Ce boîtier utilise un certificat de son exploitant. Utilisez <a href=\"{https}\">{https}</a> ; si votre tablette vous avertit, arrêtez et demandez à la personne responsable.</p>";
        }

        return Template.Replace("{en}", english, StringComparison.Ordinal).Replace("{fr}", french, StringComparison.Ordinal)
            .Replace("{fingerprint}", certificates.Authority?.Fingerprint, StringComparison.Ordinal)
            .Replace("{https}", https, StringComparison.Ordinal)
            .Replace("{name}", HtmlEncoder.Default.Encode(_name), StringComparison.Ordinal);
    }

    private static Task WriteAsync(HttpContext context, string type, byte[] body)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
