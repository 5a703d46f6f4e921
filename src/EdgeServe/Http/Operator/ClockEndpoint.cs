using System.Globalization;
using EdgeServe.Engine.Device;
using EdgeServe.Http.Jobs;
using EdgeServe.Security;

namespace EdgeServe.Http.Operator;

/// <summary><c>POST /edge/v1/device/clock</c>: a tablet of scope admin tells a box the time that has no other source of it.</summary>
internal sealed class ClockEndpoint(ClockSetter setter, DeviceClock clock)
{
    private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var endpoint = routes.ServiceProvider.GetRequiredService<ClockEndpoint>();
        routes.MapPost("/edge/v1/device/clock", (RequestDelegate)endpoint.SetAsync);
    }

    private async Task SetAsync(HttpContext context)
    {
        var body = await JsonRequest.ReadAsync(context, WireJson.Default.NewClockBody, Invalid);
        // A time without its zone could be any of a day.
        if (body.Time is not { } text || !(text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.Ordinal))
            || !DateTimeOffset.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time))
            throw Invalid("time is not like 2027-03-01T12:00:00Z");
        var before = setter.Set(time, Caller.Of(context).Owner);
        await JsonResponse.WriteAsync(context, new SetClockBody(Text(before), Text(DateTimeOffset.FromUnixTimeMilliseconds(clock.Wall)), JobViews.Name(clock.Quality)), WireJson.Default.SetClockBody);
    }

    private static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static ClockException Invalid(string message) => new(ClockError.Implausible, message, "Send {\"time\":\"…\"} with the time in UTC.");
}
