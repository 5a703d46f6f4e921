using System.Globalization;

namespace EdgeServe.Http.Kit;

/// <summary>The three steps of a stick, drawn: in, wait, out.</summary>
internal static class StickPicture
{
    public static string Svg(int step, bool coloured, string label)
    {
        // How far the stick is from the box.
        int away = step == 2 ? 0 : 34;
        string arrow = step switch
        {
            1 => "<path d=\"M150 92H118M128 82l-10 10 10 10\"/>",
            2 => "<path d=\"M105 80h18M105 104h18M107 80c0 7 7 8 7 12s-7 5-7 12M121 80c0 7-7 8-7 12s7 5 7 12\"/>",
            _ => "<path d=\"M118 92h32M140 82l10 10-10 10\"/>",
        };
        return string.Create(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 108\" role=\"img\" aria-label=\"{label}\" fill=\"none\" stroke=\"#111\" stroke-width=\"4\" stroke-linejoin=\"round\" stroke-linecap=\"round\"><rect x=\"6\" y=\"16\" width=\"86\" height=\"72\" rx=\"8\" fill=\"#eef2f5\"/>{Lamp(step, coloured)}<path d=\"M{94 + away} 42h22v20h-22z\"/><rect x=\"{116 + away}\" y=\"34\" width=\"44\" height=\"36\" rx=\"5\" fill=\"#cfe5f2\"/>{arrow}</svg>");
    }

    private static string Lamp(int step, bool coloured) => step switch
    {
        2 => $"<circle cx=\"32\" cy=\"52\" r=\"9\" fill=\"{(coloured ? "#ffc53d" : "#fff")}\"/><path d=\"M32 32v-5M32 72v5M12 52H7M50 52h5\" stroke-width=\"3\"/>",
        3 => $"<circle cx=\"32\" cy=\"52\" r=\"9\" fill=\"{(coloured ? "#4fd675" : "#fff")}\"/><path d=\"M32 34v-5\" stroke-width=\"3\"/>",
        _ => "<circle cx=\"32\" cy=\"52\" r=\"9\"/>",
    };
}
