using System.Collections;
using System.Globalization;
using System.Text;
using QRCoder;

namespace EdgeServe.Http.Pages;

/// <summary>A QR code for a page and for a terminal. Level M: it is read with 15 % of it damaged.</summary>
internal static class QrPicture
{
    // White around it, of four squares, is part of the code: ISO/IEC 18004, 9.1. The library draws it.
    private const string Black = "\u001b[30;107m";
    private const string Plain = "\u001b[0m";

    /// <summary>One path, no style: any page may hold it whatever it forbids itself.</summary>
    /// <param name="text">What a camera reads.</param>
    /// <param name="label">For who does not see it; encoded here.</param>
    public static string Svg(string text, string label)
    {
        using var data = Make(text);
        var rows = data.ModuleMatrix;
        var path = new StringBuilder();
        for (int y = 0; y < rows.Count; y++)
        {
            for (int x = 0; x < rows.Count; x++)
            {
                int start = x;
                while (x < rows.Count && rows[y][x])
                    x++;
                if (x > start)
                    path.Append(CultureInfo.InvariantCulture, $"M{start} {y}h{x - start}v1h-{x - start}z");
            }
        }

        string size = rows.Count.ToString(CultureInfo.InvariantCulture);
        return $"""<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" aria-label="{Page.Encode(label)}" shape-rendering="crispEdges"><rect width="{size}" height="{size}" fill="#fff"/><path fill="#000" d="{path}"/></svg>""";
    }

    /// <summary>Two squares a character.</summary>
    /// <param name="text">What a camera reads.</param>
    /// <param name="coloured">Black on white whatever the terminal's colours are; false: for paper.</param>
    public static string Text(string text, bool coloured)
    {
        using var data = Make(text);
        var rows = data.ModuleMatrix;
        var lines = new StringBuilder();
        for (int y = 0; y < rows.Count; y += 2)
        {
            lines.Append(coloured ? Black : "");
            for (int x = 0; x < rows.Count; x++)
                lines.Append((Dark(rows, x, y), Dark(rows, x, y + 1)) switch { (true, true) => '\u2588', (true, false) => '\u2580', (false, true) => '\u2584', _ => ' ' });
            lines.Append(coloured ? Plain : "").Append('\n');
        }

        return lines.ToString();
    }

    private static bool Dark(List<BitArray> rows, int x, int y) => y < rows.Count && rows[y][x];

    private static QRCodeData Make(string text) => QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
}
