using EdgeServe.Hosting;
using EdgeServe.Http.Pages;
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
    private readonly ServerOptions _server = options.Value.Server;
    private readonly int _port = OptionsErrors.Addresses(options.Value.Server.LanUrls).Select(u => u.Port).FirstOrDefault(443);

    public Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        bool reads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        if (reads && path == "/")
        {
            string html = Html(context.Request);
            return Page.WriteAsync(context, html, Page.Policy(html, "form-action 'none'; frame-ancestors 'none'"), "no-referrer");
        }

        if (reads && path == AuthorityPath && certificates.Authority is { } authority)
            return SendAsync(context, authority.Certificate.RawData);
        return ErrorResponses.WriteAsync(
            context, StatusCodes.Status403Forbidden, "nothing is served here without encryption", "Unencrypted", $"If a key was sent, revoke it. Use https and port {_port}; / says how to trust this box.");
    }

    private string Html(HttpRequest request)
    {
        string language = Page.Language(request);
        var authority = certificates.Authority;
        string host = Page.Encode(request.Host.Host);
        var values = new Dictionary<string, string>
        {
            ["lang"] = language,
            ["other.lang"] = Page.Other(language),
            ["other.name"] = Page.NameOf(Page.Other(language)),
            ["box"] = Page.Encode(_server.Name),
            ["pair"] = $"https://{host}{(_port == 443 ? "" : ":" + _port.ToString(System.Globalization.CultureInfo.InvariantCulture))}{_server.PathBase}/pair?lang={language}",
            ["fingerprint"] = Lines(authority?.Fingerprint),
            ["guides"] = TrustGuides.Html(language, request.Headers.UserAgent.ToString()),
        };
        values["steps"] = Page.Render(authority is null ? "trust-operator.html" : "trust-own.html", language, values);
        return Page.Render("trust.html", language, values);
    }

    /// <summary>Somebody compares it by eye: it may only break between pairs.</summary>
    internal static string Lines(string? fingerprint) => fingerprint?.Replace(":", ":<wbr>", StringComparison.Ordinal) ?? "";

    private static Task SendAsync(HttpContext context, byte[] certificate)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.ContentType = "application/x-x509-ca-cert";
        context.Response.ContentLength = certificate.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(certificate, context.RequestAborted).AsTask();
    }
}
