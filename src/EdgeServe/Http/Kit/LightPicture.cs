using System.Globalization;
using System.Text;
using EdgeServe.Engine.Device.Lights;

namespace EdgeServe.Http.Kit;

/// <summary>Four seconds of a light, drawn from the very table the lights follow; and a sign for what it means.</summary>
internal static class LightPicture
{
    private const int Milliseconds = 4000;
    private const int Width = 400;
    private const int Height = 44;
    private const string Ink = "#111";

    /// <param name="state">What is shown.</param>
    /// <param name="coloured">Are there lights of several colours?</param>
    /// <param name="label">For who does not see it; HTML of ours.</param>
    public static string Timeline(LightState state, bool coloured, string label)
    {
        var pattern = LightPatterns.Of(state);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{label}\"><rect x=\"1\" y=\"1\" width=\"{Width - 2}\" height=\"{Height - 2}\" rx=\"8\" fill=\"#2b3036\"/>");
        for (int at = 0; at < Milliseconds;)
        {
            var (lit, left) = pattern.At(TimeSpan.FromMilliseconds(at));
            int length = (int)Math.Min(left.TotalMilliseconds, Milliseconds - at);
            if (lit)
                Lit(svg, coloured ? pattern.Colours : LightColours.None, X(at), X(at + length) - X(at));
            at += length;
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>A sign that needs no language.</summary>
    public static string Sign(LightState state) =>
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\" aria-hidden=\"true\" fill=\"none\" stroke=\"{Ink}\" stroke-width=\"4\" stroke-linecap=\"round\" stroke-linejoin=\"round\">{Path(state)}</svg>";

    private static double X(int milliseconds) => 6 + (milliseconds * (Width - 12.0) / Milliseconds);

    /// <summary>Every colour has a height of its own as well: a copy without colours still tells them apart.</summary>
    private static void Lit(StringBuilder svg, LightColours colours, double x, double width)
    {
        (LightColours Colour, string Fill, int Y)[] rows = [(LightColours.Red, "#ff5a4f", 6), (LightColours.Amber, "#ffc53d", 17), (LightColours.Green, "#4fd675", 28)];
        foreach (var (_, fill, y) in rows.Where(r => colours.HasFlag(r.Colour)))
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.#}\" y=\"{y}\" width=\"{width:0.#}\" height=\"10\" rx=\"2\" fill=\"{fill}\"/>");
        if (colours == LightColours.None)
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.#}\" y=\"8\" width=\"{width:0.#}\" height=\"28\" rx=\"2\" fill=\"#fff\"/>");
    }

    private static string Path(LightState state) => state switch
    {
        LightState.Ready => "<path d=\"M8 26l10 10L40 12\"/>",
        LightState.Busy => "<circle cx=\"24\" cy=\"24\" r=\"8\"/><path d=\"M24 4v6M24 38v6M4 24h6M38 24h6M10 10l4 4M34 34l4 4M38 10l-4 4M14 34l-4 4\"/>",
        LightState.Starting => "<path d=\"M12 6h24M12 42h24M15 6c0 10 9 12 9 18s-9 8-9 18M33 6c0 10-9 12-9 18s9 8 9 18\"/>",
        LightState.Updating => "<path d=\"M24 6v24M14 21l10 10 10-10M8 42h32\"/>",
        LightState.Degraded => "<path d=\"M24 5L44 42H4zM24 18v11M24 35.5v.5\"/>",
        LightState.Refused => "<path d=\"M10 10l28 28M38 10L10 38\"/>",
        LightState.StickReading => "<path d=\"M4 44h40M15 26h18v18H15zM19 26V16h10v10\"/><path d=\"M24 3v6M20 6l4 4 4-4\"/>",
        LightState.StickDone => "<path d=\"M4 46h40M15 28h18v10H15zM19 28V18h10v10\"/><path d=\"M24 12V3M19 7l5-5 5 5\"/>",
        LightState.Pairing => "<rect x=\"6\" y=\"10\" width=\"24\" height=\"32\" rx=\"3\"/><path d=\"M38 8v14M31 15h14\"/>",
        _ => "<path d=\"M24 44V20M14 30l10-10 10 10M10 8h28\"/>",
    };
}
