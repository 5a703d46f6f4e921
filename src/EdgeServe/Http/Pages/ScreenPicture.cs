using System.Globalization;
using System.Text;

namespace EdgeServe.Http.Pages;

/// <summary>
/// A simple drawing of a screen with the line to tap. It is drawn from its words, so that it speaks the page's language:
/// <c>Title|line|*line to tap|+line to switch on</c>.
/// </summary>
internal static class ScreenPicture
{
    private const int Width = 360;
    private const int Bar = 34;
    private const int Line = 34;
    private const int Gap = 6;
    private const string Ink = "#14212b";
    private const string Mark = "#0b5f8a";

    /// <param name="screen">What is on it; HTML of ours.</param>
    /// <param name="label">For who does not see it; HTML of ours.</param>
    public static string Svg(string screen, string label)
    {
        string[] lines = screen.Split('|');
        int height = Bar + Gap + ((lines.Length - 1) * (Line + Gap)) + Gap + 8;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"{label}\" font-family=\"system-ui, sans-serif\" font-size=\"14\">");
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"1.5\" y=\"1.5\" width=\"{Width - 3}\" height=\"{height - 3}\" rx=\"12\" fill=\"#f4f7f9\" stroke=\"{Ink}\" stroke-width=\"3\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"20\" y=\"25\" font-weight=\"700\" fill=\"{Ink}\">{lines[0]}</text>");
        for (int i = 1; i < lines.Length; i++)
            Draw(svg, lines[i], Bar + Gap + ((i - 1) * (Line + Gap)));
        return svg.Append("</svg>").ToString();
    }

    private static void Draw(StringBuilder svg, string line, int y)
    {
        bool switches = line.StartsWith('+'), marked = switches || line.StartsWith('*');
        string words = marked ? line[1..] : line;
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"12\" y=\"{y}\" width=\"{Width - 24}\" height=\"{Line}\" rx=\"7\" fill=\"{(marked ? "#cfe5f2" : "#fff")}\" stroke=\"{(marked ? Mark : "#c9d2d8")}\" stroke-width=\"{(marked ? 2.5 : 1)}\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"22\" y=\"{y + 22}\" fill=\"{(marked ? Ink : "#53616c")}\"{(marked ? " font-weight=\"600\"" : "")}>{words}</text>");
        if (switches)
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Width - 66}\" y=\"{y + 7}\" width=\"38\" height=\"20\" rx=\"10\" fill=\"#0a6b2d\"/><circle cx=\"{Width - 38}\" cy=\"{y + 17}\" r=\"8\" fill=\"#fff\"/>");
        else if (marked)
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Width - 38} {y + 10}l8 7l-8 7\" fill=\"none\" stroke=\"{Mark}\" stroke-width=\"3\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>");
    }
}
