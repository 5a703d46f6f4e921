using System.Text;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;
using EdgeServe.Http.Oip;
using EdgeServe.Http.Pages;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace EdgeServe.Http.Pairing;

/// <summary>
/// <c>/pair</c>: where a person types the code, or comes with it behind the # of a QR code. With a script the key is kept
/// in the page's own storage; without one the form is sent and the answer shows the key. Over a way that somebody can listen
/// to there is no form, only what to do instead.
/// </summary>
internal sealed class PairPage(PairingDesk desk, IOptions<EdgeServeOptions> options)
{
    // A browser that is told to keep the referrer for itself sends "Origin: null" with a form, which nobody could tell from a stranger's.
    private const string Referrer = "same-origin";
    private const int MostTyped = 100;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var page = routes.ServiceProvider.GetRequiredService<PairPage>();
        routes.MapReads("/pair", page.ShowAsync);
        routes.MapPost("/pair", (RequestDelegate)page.PairAsync);
    }

    private Task ShowAsync(HttpContext context) => WriteAsync(context, PairingEndpoints.IsPrivate(context) ? "pair-form.html" : "pair-insecure.html", []);

    private async Task PairAsync(HttpContext context)
    {
        if (!PairingEndpoints.IsPrivate(context))
        {
            await WriteAsync(context, "pair-insecure.html", [], StatusCodes.Status403Forbidden);
            return;
        }

        var body = await JsonRequest.BytesAsync(context);
        var form = QueryHelpers.ParseQuery(body is { } bytes ? Encoding.UTF8.GetString(bytes) : "");
        string code = Short(form.GetValueOrDefault("code")), name = Short(form.GetValueOrDefault("name"));
        try
        {
            var (key, text) = desk.Redeem(code, name);
            await WriteAsync(context, "pair-done.html", new() { ["key"] = text, ["tablet"] = Page.Encode(key.Name) }, StatusCodes.Status201Created);
        }
        catch (PairingException e)
        {
            await FailAsync(context, e.Error.ToString(), ErrorResponses.Status(e.Error), code, name);
        }
        catch (KeyException e)
        {
            await FailAsync(context, "Failed", ErrorResponses.Status(e.Error), code, name);
        }
        catch (StorageException e)
        {
            await FailAsync(context, "Failed", ErrorResponses.Status(e.Error), code, name);
        }
    }

    private Task FailAsync(HttpContext context, string error, int status, string code, string name) => WriteAsync(
        context, "pair-form.html",
        new() { ["error"] = $"<p class=\"stop\">{Page.Text("pair." + error, Page.Language(context.Request))}</p>", ["code"] = Page.Encode(code), ["tablet"] = Page.Encode(name) }, status);

    private Task WriteAsync(HttpContext context, string content, Dictionary<string, string> values, int status = StatusCodes.Status200OK)
    {
        string language = Page.Language(context.Request);
        foreach (string name in new[] { "error", "code", "tablet" })
            values.TryAdd(name, "");
        values["lang"] = language;
        values["other.lang"] = Page.Other(language);
        values["other.name"] = Page.NameOf(Page.Other(language));
        values["box"] = Page.Encode(options.Value.Server.Name);
        values["content"] = Page.Render(content, language, values);
        string html = Page.Render("pair.html", language, values);
        return Page.WriteAsync(context, html, Page.Policy(html, "connect-src 'self'; form-action 'self'; frame-ancestors 'none'"), Referrer, status);
    }

    private static string Short(string? text) => text is { Length: > MostTyped } ? text[..MostTyped] : text ?? "";
}
