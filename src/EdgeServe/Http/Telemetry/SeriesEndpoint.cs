using System.Globalization;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Telemetry.Series;
using EdgeServe.Http.Jobs;
using EdgeServe.Http.Oip;

namespace EdgeServe.Http.Telemetry;

/// <summary><c>GET /edge/v1/series?name=…&amp;hours=…</c>: the last hours of what matters, for a page to draw.</summary>
internal sealed class SeriesEndpoint(SeriesRecorder recorder, DeviceClock clock)
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapReads("/edge/v1/series", routes.ServiceProvider.GetRequiredService<SeriesEndpoint>().GetAsync);

    private Task GetAsync(HttpContext context)
    {
        string[] known = [.. SeriesInfo.All.Select(s => s.Name)];
        string[] names = [.. context.Request.Query["name"].SelectMany(n => (n ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)).Distinct()];
        if (Array.Find(names, n => !known.Contains(n)) is { } unknown)
            return ErrorResponses.WriteAsync(context, StatusCodes.Status400BadRequest, $"'{(unknown.Length <= 60 ? unknown : unknown[..60] + "…")}' is no series", "BadRequest", $"There are {string.Join(", ", known)}.");
        string asked = context.Request.Query["hours"].ToString();
        double hours = 1;
        if (asked.Length > 0 && !(double.TryParse(asked, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out hours) && hours is > 0 and <= SeriesStore.MostHours))
            return ErrorResponses.WriteAsync(context, StatusCodes.Status400BadRequest, $"hours must be a number above 0 and at most {SeriesStore.MostHours}", "BadRequest");
        return JsonResponse.WriteAsync(context, Body(names.Length == 0 ? known : names, hours), WireJson.Default.SeriesBody);
    }

    private SeriesBody Body(string[] names, double hours)
    {
        int[] indexes = [.. names.Select(n => SeriesInfo.All.Select(s => s.Name).ToList().IndexOf(n))];
        var window = recorder.Store.Read(clock.Now, hours, indexes);
        return new SeriesBody(
            window.StepSeconds, window.FromMs, clock.Now, clock.Wall,
            [.. window.Clocks.Select(c => new BootClockBody(c.SinceRunningMs, c.WallMinusRunningMs, JobViews.Name(c.Quality)))],
            [.. indexes.Select((s, i) => new OneSeriesBody(SeriesInfo.All[s].Name, SeriesInfo.All[s].Unit, window.Points[i]))]);
    }
}
