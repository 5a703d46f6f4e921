using System.Text.Json;
using EdgeServe.Engine.Updates.Sticks;
using EdgeServe.Http.Oip;

namespace EdgeServe.Http.Updates;

/// <summary><c>/edge/v1/media</c>: what is plugged in and where it stands, and letting go of it.</summary>
internal static class MediaEndpoint
{
    public static void MapMedia(this IEndpointRouteBuilder routes)
    {
        var watcher = routes.ServiceProvider.GetRequiredService<MediaWatcher>();
        routes.MapReads("/edge/v1/media", context => JsonResponse.WriteAsync(context, new MediaBody([.. watcher.Media.Select(Of)]), WireJson.Default.MediaBody));
        routes.MapPost("/edge/v1/media/eject", (RequestDelegate)(async context =>
        {
            var (ejected, problems) = await watcher.EjectAsync(context.RequestAborted);
            await JsonResponse.WriteAsync(context, new EjectedMediaBody([.. ejected], [.. problems]), WireJson.Default.EjectedMediaBody);
        }));
    }

    private static MediumBody Of(MediumState medium) => new(
        medium.Name, Snake(medium.Phase.ToString()), medium.MayBePulled, medium.Release > 0 ? medium.Release : null, medium.Bytes, medium.TotalBytes,
        medium.Error is { } error ? Snake(error.ToString()) : null,
        Snake(medium.Text.Tone.ToString()), medium.Text.Title, medium.Text.Sentence, medium.Text.Next, medium.ReportWritten,
        medium.Cargo is { } cargo
            ? new CargoBody(Snake(cargo.Text.Tone.ToString()), cargo.Text.Title, cargo.Text.Sentence, cargo.Text.Next, cargo.Error is { } problem ? Snake(problem.ToString()) : null)
            : null);

    private static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
