using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace EdgeServe.Http.Pages;

/// <summary>
/// The few pages of the box itself: files beside this one, in English and French, without anything from elsewhere.
/// <c>{{name}}</c> in a file is a value, a text of <c>texts.json</c> or another file.
/// </summary>
internal static partial class Page
{
    public static readonly string[] Languages = ["en", "fr"];
    private const string TextsFile = "texts.json";
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static string Encode(string text) => Encoder.Encode(text);

    /// <summary>A file filled in. Texts and files are ours and hold HTML; values are put in as they are and must be encoded.</summary>
    /// <exception cref="InvalidOperationException">It names what there is not.</exception>
    public static string Render(string file, string language, IReadOnlyDictionary<string, string> values)
    {
        using var texts = JsonDocument.Parse(Read(TextsFile));
        return Fill(Read(file), language, values, texts.RootElement);
    }

    /// <summary>One text.</summary>
    public static string Text(string name, string language)
    {
        using var texts = JsonDocument.Parse(Read(TextsFile));
        return Fill($"{{{{{name}}}}}", language, new Dictionary<string, string>(), texts.RootElement);
    }

    public static string Other(string language) => language == Languages[0] ? Languages[1] : Languages[0];

    /// <summary>As its speakers call it.</summary>
    public static string NameOf(string language) => language == Languages[0] ? "English" : "Français";

    /// <summary>The language asked for by <c>?lang=</c>, else the first of ours that the browser prefers, else English.</summary>
    public static string Language(HttpRequest request)
    {
        string asked = request.Query["lang"].ToString();
        if (Languages.Contains(asked))
            return asked;
        if (!StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptLanguage, out var preferred))
            return Languages[0];
        return preferred.Where(p => p.Quality is not 0).OrderByDescending(p => p.Quality ?? 1)
            .Select(p => Languages.FirstOrDefault(l => IsOf(p.Value, l))).FirstOrDefault(l => l is not null) ?? Languages[0];
    }

    /// <summary>Forbids a page everything but its own style and script.</summary>
    /// <param name="html">The page: what is in its style and script elements is allowed by its hash.</param>
    /// <param name="more">Directives beside those.</param>
    public static string Policy(string html, string more)
    {
        string styles = Sources(html, StyleElement()), scripts = Sources(html, ScriptElement());
        return $"default-src 'none'; style-src {styles}; script-src {scripts}; base-uri 'none'; {more}";
    }

    /// <summary>Sends a page that nobody keeps, shows in a frame or is told about.</summary>
    public static Task WriteAsync(HttpContext context, string html, string policy, string referrer, int status = StatusCodes.Status200OK)
    {
        byte[] body = Encoding.UTF8.GetBytes(html);
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = policy;
        headers["Referrer-Policy"] = referrer;
        headers.Vary = "Accept-Language";
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    public static string Read(string file)
    {
        using var reader = new StreamReader(typeof(Page).Assembly.GetManifestResourceStream("pages/" + file) ?? throw new InvalidOperationException($"there is no page {file}"));
        return reader.ReadToEnd();
    }

    private static string Fill(string text, string language, IReadOnlyDictionary<string, string> values, JsonElement texts) => Token().Replace(text, token =>
    {
        string name = token.Groups[1].Value;
        if (values.TryGetValue(name, out string? value))
            return value;
        // A page in both languages says which.
        if (Languages.FirstOrDefault(l => name.StartsWith(l + ".", StringComparison.Ordinal)) is { } named && texts.TryGetProperty(name[3..], out var either))
            return Fill(either.GetProperty(named).GetString()!, named, values, texts);
        if (texts.TryGetProperty(name, out var found))
            return Fill(found.GetProperty(language).GetString()!, language, values, texts);
        return name.Contains('.', StringComparison.Ordinal) ? Fill(Read(name), language, values, texts).TrimEnd('\n') : throw new InvalidOperationException($"nothing is called {name}");
    });

    private static bool IsOf(StringSegment range, string language) =>
        range.StartsWith(language, StringComparison.OrdinalIgnoreCase) && (range.Length == language.Length || range[language.Length] == '-');

    private static string Sources(string html, Regex element)
    {
        string[] hashes = [.. element.Matches(html).Select(m => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(m.Groups[1].Value)))}'")];
        return hashes.Length == 0 ? "'none'" : string.Join(' ', hashes);
    }

    [GeneratedRegex(@"\{\{([\w.-]+)\}\}")]
    private static partial Regex Token();

    [GeneratedRegex("<style>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex StyleElement();

    [GeneratedRegex("<script>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex ScriptElement();
}
