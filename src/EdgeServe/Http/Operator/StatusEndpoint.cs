using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Device.Governor;
using EdgeServe.Engine.Device.Lights;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Hosting;
using EdgeServe.Http.Health;
using EdgeServe.Http.Jobs;
using EdgeServe.Http.Oip;
using EdgeServe.Http.Sync;
using EdgeServe.Http.Updates;
using Microsoft.Extensions.Options;

namespace EdgeServe.Http.Operator;

/// <summary><c>GET /edge/v1/status</c>: what works, what does not, why, and what to do. Serving being ready is <c>/v2/health/ready</c>'s word.</summary>
internal sealed class StatusEndpoint(
    JobService jobs, DeviceClock clock, DeviceIdentity identity, DeviceEnrolment enrolment, UpdateViews updates, SyncViews sync, GovernorViews governor, ServerState serving, PanelStatus panel, IOptions<EdgeServeOptions> options)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var endpoint = routes.ServiceProvider.GetRequiredService<StatusEndpoint>();
        routes.MapReads("/edge/v1/status", context => JsonResponse.WriteAsync(context, endpoint.Status(), WireJson.Default.StatusBody));
    }

    public StatusBody Status()
    {
        ProblemBody[] problems = [.. Problems()];
        var totals = jobs.Totals;
        return new StatusBody(
            problems.Length == 0 ? "ok" : "degraded", options.Value.Server.Name, ProductVersion.Text, Device(), serving.IsReady,
            new ClockBody(JobViews.Name(clock.Quality), clock.Now),
            new JobCountsBody(
                totals[JobState.Queued], totals[JobState.Running], totals[JobState.Succeeded], totals[JobState.Failed], totals[JobState.Cancelled],
                totals[JobState.Expired], jobs.Lost, totals.Bytes, jobs.Options.MaxBytes, jobs.Options.MaxPending, jobs.Options.MaxFinished,
                jobs.IsChecked, jobs.LogWasMissing),
            new DiskBody(jobs.FreeBytes, jobs.Options.ReserveBytes), governor.Body(),
            enrolment.Terms is { } terms ? new FollowsBody(terms.Channel, terms.DeviceClass, terms.Registry) : null, updates.Status(), sync.Status(), Lights(), problems);
    }

    /// <summary>What makes it degraded.</summary>
    public IEnumerable<ProblemBody> Problems()
    {
        if (jobs.Trouble is { } trouble)
            yield return new ProblemBody("jobs", "Storage" + trouble.Error, trouble.Message, trouble.Hint);
        if (enrolment.Trouble is { } reason)
            yield return new ProblemBody("updates", nameof(BundleError.NotEnrolled), reason, "Enrol it again: edgeserve device enroll FILE --replace.");
        foreach (var spared in governor.Reasons().Where(r => r.Level == GovernorTexts.Name(GovernorLevel.Protective)))
            yield return new ProblemBody("device", "Spared", spared.Seen, spared.Hint);
        foreach (var (code, waits, hint) in sync.Problems())
            yield return new ProblemBody("sync", code, waits, hint);
        foreach (string problem in panel.Troubles)
            yield return new ProblemBody("lights", "LightsUnavailable", problem, "See Lights in the settings; serving does not need them.");
    }

    private LightsBody? Lights() => panel.Panel is { By.Length: > 0 } wired
        ? new LightsBody(wired.Lights == LightColours.None ? null : SyncViews.Snake(panel.Shown), wired.By, wired.HasButton)
        : null;

    private string? Device()
    {
        try
        {
            return identity.Id;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A box that cannot write has no name yet.
            return null;
        }
    }
}
