using EdgeServe.Http;
using EdgeServe.Http.Jobs;
using Spectre.Console;

namespace EdgeServe.Cli.Jobs;

/// <summary>Waits for a job with progress on standard error.</summary>
internal static class JobWaiting
{
    public static async Task<JobBody> WaitAsync(Service service, string id, CancellationToken cancellation)
    {
        JobBody? job = null;
        await Terminal.Progress.Status().StartAsync("Waiting", async status =>
        {
            long start = TimeProvider.System.GetTimestamp();
            do
            {
                // Long enough to be no load, short enough to show that something goes on.
                job = await service.ReadAsync(HttpMethod.Get, $"/edge/v1/jobs/{Uri.EscapeDataString(id)}?wait=2s", CliJson.Wire.JobBody, cancellation);
                status.Status($"{job.State} for {TimeProvider.System.GetElapsedTime(start).TotalSeconds:F0} s".EscapeMarkup());
            }
            while (job.State is "queued" or "running");
        });
        return job!;
    }

    /// <summary>The result's bytes, untouched, into a file or onto standard output.</summary>
    public static async Task SaveResultAsync(Service service, string id, string? output, CancellationToken cancellation)
    {
        using var response = await service.SendAsync(HttpMethod.Get, $"/edge/v1/jobs/{Uri.EscapeDataString(id)}/result", cancellation);
        if (response.StatusCode == System.Net.HttpStatusCode.Accepted)
            throw new ServiceException($"job {id} is not done yet", "Wait for it with --wait.");
        await using var source = await response.Content.ReadAsStreamAsync(cancellation);
        await using Stream target = output is null ? Console.OpenStandardOutput() : File.Create(output);
        await source.CopyToAsync(target, cancellation);
    }
}
