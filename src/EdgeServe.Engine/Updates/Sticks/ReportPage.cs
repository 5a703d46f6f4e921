using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>
/// <c>status.html</c>: one card a box, readable on any computer the stick is put into, without network and scripts; the
/// page forbids itself both. Every text in it is encoded.
/// </summary>
internal static class ReportPage
{
    // Letters of all languages stay letters; what has a meaning in HTML never passes.
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private const string Head = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>EdgeServe: what happened</title>
        <style>
        body { margin: 0 auto; max-width: 44rem; padding: 1rem; font: 1.2rem/1.5 system-ui, sans-serif; color: #111; background: #fff; }
        h1 { font-size: 1.2rem; font-weight: 600; margin: .5rem 0 1rem; }
        section { border: .2rem solid; border-radius: .6rem; margin: 0 0 1.5rem; overflow: hidden; overflow-wrap: anywhere; }
        h2 { display: flex; align-items: center; gap: 1rem; margin: 0; padding: .8rem 1.2rem; font-size: 2rem; line-height: 1.2; color: #fff; }
        .symbol { flex: none; width: 3.6rem; height: 3.6rem; border-radius: 50%; background: #fff; font-size: 2.6rem; font-weight: 700; line-height: 3.6rem; text-align: center; }
        .box { display: block; font-size: 1.1rem; font-weight: 400; }
        .words { padding: .4rem 1.2rem 1rem; }
        .words p { margin: .6rem 0; }
        .next { font-weight: 700; }
        .small { font-size: .85rem; color: #444; }
        .good { border-color: #0a6b2d; } .good h2 { background: #0a6b2d; } .good .symbol { color: #0a6b2d; }
        .attention { border-color: #8a5a00; } .attention h2 { background: #8a5a00; } .attention .symbol { color: #8a5a00; }
        .refused { border-color: #a81414; } .refused h2 { background: #a81414; } .refused .symbol { color: #a81414; }
        @media print { h2 { color: #000; background: none !important; } }
        </style>
        </head>
        <body>
        """;

    /// <param name="entries">Newest first.</param>
    public static byte[] Write(IReadOnlyList<ReportEntry> entries)
    {
        var page = new StringBuilder(Head);
        page.Append("\n<h1>").Append(entries.Count == 1 ? "What the box did with this stick" : "What the boxes did with this stick, the last one first").Append("</h1>\n");
        foreach (var entry in entries)
            Card(page, entry);
        return Encoding.UTF8.GetBytes(page.Append("</body>\n</html>\n").ToString());
    }

    private static void Card(StringBuilder page, ReportEntry entry)
    {
        var (style, symbol) = entry.Text.Tone switch
        {
            CarrierTone.Good => ("good", "\u2713"),
            CarrierTone.Refused => ("refused", "\u2715"),
            _ => ("attention", "!"),
        };
        page.Append("<section class=\"").Append(style).Append("\">\n<h2><span class=\"symbol\" aria-hidden=\"true\">").Append(symbol).Append("</span>");
        page.Append("<span><span class=\"box\">").Append(Encode(entry.Name.Length > 0 ? entry.Name : "A box")).Append("</span> ").Append(Encode(entry.Text.Title)).Append("</span></h2>\n<div class=\"words\">\n<p>").Append(Encode(entry.Text.Sentence)).Append("</p>\n");
        if (entry.Text.Next.Length > 0)
            page.Append("<p class=\"next\">").Append(Encode(entry.Text.Next)).Append("</p>\n");
        if (entry.Cargo is { } cargo)
        {
            page.Append("<p>").Append(Encode(cargo.Sentence)).Append("</p>\n");
            if (cargo.Next != entry.Text.Next)
                page.Append("<p class=\"next\">").Append(Encode(cargo.Next)).Append("</p>\n");
        }

        var facts = new List<string> { $"Box {entry.Device[..8]}" };
        if (entry.Channel is not null)
            facts.Add($"channel {entry.Channel}");
        if (entry.Release > 0)
            facts.Add(string.Create(CultureInfo.InvariantCulture, $"release {entry.Release} on the stick"));
        if (entry.At is not null)
            facts.Add($"{entry.At.Replace("T", " ", StringComparison.Ordinal).Replace("Z", " UTC", StringComparison.Ordinal)} by the box's clock");
        if (entry.Code is not null)
            facts.Add($"code {entry.Code}");
        if (entry.CargoCode is not null)
            facts.Add($"code {entry.CargoCode}");
        page.Append("<p class=\"small\">").Append(Encode(string.Join(" \u00b7 ", facts))).Append("</p>\n</div>\n</section>\n");
    }

    /// <summary>Encoded, and no character that turns the reading direction of what follows.</summary>
    private static string Encode(string text) =>
        Encoder.Encode(new string([.. text.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? ' ' : c)]));
}
