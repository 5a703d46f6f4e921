using EdgeServe.Http.Oip;

namespace EdgeServe.Http.Jobs;

/// <summary>Everything under <c>/edge/v1</c> that has to do with jobs.</summary>
internal static class JobRoutes
{
    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        var submit = routes.ServiceProvider.GetRequiredService<SubmitEndpoint>();
        var jobs = routes.ServiceProvider.GetRequiredService<JobEndpoints>();
        var events = routes.ServiceProvider.GetRequiredService<EventStream>();
        routes.MapModel(HttpMethods.Post, "/jobs", submit.SubmitAsync, "/edge/v1");
        routes.MapReads("/edge/v1/jobs", jobs.ListAsync);
        routes.MapGet("/edge/v1/jobs/events", (RequestDelegate)events.StreamAsync);
        routes.MapReads("/edge/v1/jobs/{id}", jobs.GetAsync);
        routes.MapDelete("/edge/v1/jobs/{id}", (RequestDelegate)jobs.DeleteAsync);
        routes.MapReads("/edge/v1/jobs/{id}/result", jobs.ResultAsync);
        routes.MapPost("/edge/v1/jobs/{id}/acknowledge", (RequestDelegate)jobs.AcknowledgeAsync);
    }
}
