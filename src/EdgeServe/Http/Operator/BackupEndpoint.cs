using System.Net.Sockets;
using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Jobs;
using EdgeServe.Security;
using Microsoft.AspNetCore.Connections.Features;

namespace EdgeServe.Http.Operator;

/// <summary><c>GET /edge/v1/backup</c>: every owner's jobs in one file, so for the command line on this machine only.</summary>
internal static class BackupEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/edge/v1/backup", (RequestDelegate)WriteAsync);

    private static async Task WriteAsync(HttpContext context)
    {
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket.AddressFamily != AddressFamily.Unix)
        {
            await ErrorResponses.WriteAsync(context, StatusCodes.Status403Forbidden, "a backup is given through the control socket only", "Forbidden", "On the box: edgeserve backup create FILE.");
            return;
        }

        string header = context.Request.Headers[BackupSeal.HeaderName].ToString();
        var seal = BackupSeal.FromHeader(header);
        if (header.Length > 0 && seal is null)
        {
            await ErrorResponses.WriteAsync(context, StatusCodes.Status400BadRequest, $"{BackupSeal.HeaderName} is not what the command line makes of a passphrase", "InvalidArgument", "On the box: edgeserve backup create FILE.");
            return;
        }

        context.RequestServices.GetRequiredService<AuditLog>().Note(
            "backup.made", Caller.Of(context).Owner, $"A backup of the jobs of every owner was given out, the keys in it {(seal is null ? "not " : "")}encrypted");
        context.Response.ContentType = "application/x-tar";
        await context.RequestServices.GetRequiredService<JobService>().BackUpAsync(context.Response.Body, seal, context.RequestAborted);
    }
}
