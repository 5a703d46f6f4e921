using System.Text.Json;
using EdgeServe.Engine.Device.Lights;
using EdgeServe.Hosting;
using EdgeServe.Http;

namespace EdgeServe.Cli.Doctor;

/// <summary>Lights and button: by the service that holds them, or by what can be seen of them.</summary>
internal static class LightChecks
{
    private const string Check = "Lights";

    public static async Task<Finding> LookAsync(EdgeServeOptions options, CancellationToken cancellation) =>
        await AskAsync(options, cancellation) ?? See(EngineOptionsFrom.Lights(options.Lights));

    /// <summary>A line that the service holds cannot be opened by anybody else.</summary>
    private static async Task<Finding?> AskAsync(EdgeServeOptions options, CancellationToken cancellation)
    {
        try
        {
            using var client = ControlSocket.Connect(options.Server.DataDirectory);
            client.Timeout = FieldChecks.Patience;
            await using var stream = await client.GetStreamAsync("/edge/v1/status", cancellation);
            var status = await JsonSerializer.DeserializeAsync(stream, WireJson.Default.StatusBody, cancellation);
            string[] troubles = [.. status!.Problems.Where(p => p.Part == "lights").Select(p => p.Reason)];
            string seen = status.Lights is { } lights ? $"{lights.Shows?.Replace('_', ' ') ?? "no light"}, by {lights.By}{(lights.Button ? ", with a button" : "")}" : "none are wired";
            return troubles.Length > 0
                ? Finding.Warning(Check, string.Join("; ", [seen, .. troubles]), "See Lights in the settings; serving does not need them.")
                : Finding.Ok(Check, seen);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private static Finding See(LightOptions lights)
    {
        string device = $"/dev/gpiochip{lights.Chip}";
        if (!lights.Lights.Any() && lights.ButtonLine == LightOptions.NotWired)
            return Finding.Ok(Check, "none are wired");
        return File.Exists(device)
            ? Finding.Ok(Check, $"{device} is there; the service says more while it runs")
            : Finding.Warning(Check, $"{device} is not there", "See Lights:Chip in the settings; serving does not need it.");
    }
}
