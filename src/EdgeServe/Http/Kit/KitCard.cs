using System.Text;
using EdgeServe.Engine.Device.Lights;
using EdgeServe.Hosting;
using EdgeServe.Http.Pages;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Http.Kit;

/// <summary>The card in the kit's lid: one page to print, in both languages, with what the lights say, how a stick goes, and whom to call. Nothing on it is secret.</summary>
internal static class KitCard
{
    // The order in which somebody looks for it.
    private static readonly LightState[] Shown =
    [
        LightState.Ready, LightState.Busy, LightState.StickReading, LightState.StickDone, LightState.Refused,
        LightState.Starting, LightState.Updating, LightState.Degraded, LightState.Pairing, LightState.LetGo,
    ];

    /// <param name="options">What is wired, where the box listens, its name and contact.</param>
    /// <param name="links">Where it is found; null: it does not serve the network.</param>
    public static byte[] Write(EdgeServeOptions options, BoxLinks? links)
    {
        var lights = EngineOptionsFrom.Lights(options.Lights);
        bool button = lights.ButtonLine != LightOptions.NotWired;
        string[] addresses = links is null ? [] : [links.Pair, .. links.Elsewhere, .. links.Trust is { } trust ? new[] { trust } : []];
        var values = new Dictionary<string, string>
        {
            ["box"] = Page.Encode(options.Server.Name),
            ["policy"] = Page.Policy($"<style>{Page.Read("kit-card.css").TrimEnd('\n')}</style>", "form-action 'none'"),
            ["address"] = string.Concat(addresses.Select(a => $"<span>{Page.Encode(a)}</span>")),
            ["lights"] = string.Join('\n', Shown.Where(s => button || s is not (LightState.Pairing or LightState.LetGo)).Select(s => Light(s, lights.Lights.Any()))),
            ["one"] = lights.Lights.Any() ? "" : Both("kit.one").Replace("<p>", "<p class=\"note\">", StringComparison.Ordinal),
            ["steps"] = string.Join('\n', Enumerable.Range(1, 3).Select(s => Step(s, lights.Lights.Any()))),
            ["contact"] = options.Server.Contact.Length > 0 ? Page.Encode(options.Server.Contact) : "<span class=\"blank\">&nbsp;</span>",
            ["button"] = "",
        };
        if (button)
        {
            values["presses"] = string.Join('\n', new[] { "short", "long", "start" }.Select(p => $"<li>{Both($"kit.press.{p}")}</li>"));
            values["button"] = Page.Render("kit-button.html", Page.Languages[0], values);
        }

        return Encoding.UTF8.GetBytes(Page.Render("kit-card.html", Page.Languages[0], values));
    }

    private static string Light(LightState state, bool coloured)
    {
        string name = "kit." + state.ToString().ToLowerInvariant();
        return $"<li>{LightPicture.Sign(state)}{LightPicture.Timeline(state, coloured, Page.Text(name + ".seen", "en"))}{Both(name)}</li>";
    }

    private static string Step(int step, bool coloured)
    {
        string name = $"kit.step.{step}";
        return $"<li>{StickPicture.Svg(step, coloured, Page.Text(name, "en"))}{Both(name)}</li>";
    }

    private static string Both(string name) => $"<p>{Page.Text(name, "en")} <span lang=\"fr\">{Page.Text(name, "fr")}</span></p>";
}
