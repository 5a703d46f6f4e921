using System.Text;

namespace EdgeServe.Http.Pages;

/// <summary>How to install the box's authority, step by step with a picture, for each kind of tablet; its own is open.</summary>
internal static class TrustGuides
{
    private static readonly (string Name, int Steps)[] Guides = [("android", 4), ("ipad", 3), ("windows", 4)];

    public static string Html(string language, string userAgent)
    {
        string own = Own(userAgent);
        var html = new StringBuilder();
        foreach (var (name, steps) in Guides)
        {
            html.Append("<details").Append(name == own ? " open" : "").Append("><summary>").Append(Page.Text(name + ".title", language)).Append("</summary><div>\n<ol class=\"pictures\">\n");
            for (int i = 1; i <= steps; i++)
            {
                string step = FormattableString.Invariant($"{name}.{i}");
                string caption = Page.Text(step, language);
                html.Append("<li>").Append(ScreenPicture.Svg(Page.Text(step + ".screen", language), Page.Text(step + ".screen", language).Split('|')[0]))
                    .Append(System.Globalization.CultureInfo.InvariantCulture, $"<p><b>{i}.</b> ").Append(caption).Append("</p></li>\n");
            }

            html.Append("</ol>\n<p class=\"soft\">").Append(Page.Text(name + ".note", language)).Append("</p>\n</div></details>\n");
        }

        return html.ToString();
    }

    /// <summary>A guess, and only about what is open first. An iPad says that it is a Macintosh.</summary>
    private static string Own(string userAgent) =>
        userAgent.Contains("Android", StringComparison.Ordinal) ? "android"
        : userAgent.Contains("iPad", StringComparison.Ordinal) || userAgent.Contains("iPhone", StringComparison.Ordinal) || userAgent.Contains("Macintosh", StringComparison.Ordinal) ? "ipad"
        : userAgent.Contains("Windows", StringComparison.Ordinal) ? "windows"
        : "";
}
