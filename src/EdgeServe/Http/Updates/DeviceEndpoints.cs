using System.Net.Sockets;
using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Hosting;
using EdgeServe.Http.Oip;
using EdgeServe.Security;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;

namespace EdgeServe.Http.Updates;

/// <summary><c>/edge/v1/device</c>: who the box is, and the one way to change whom it follows while it runs.</summary>
internal static class DeviceEndpoints
{
    public static void MapDevice(this IEndpointRouteBuilder routes)
    {
        routes.MapReads("/edge/v1/device", context => JsonResponse.WriteAsync(context, Body(context.RequestServices), WireJson.Default.DeviceBody));
        routes.MapPost("/edge/v1/device/enroll", (RequestDelegate)EnrolAsync);
    }

    private static async Task EnrolAsync(HttpContext context)
    {
        // Loopback is every program and every web page on the box; the socket is the service's user and group.
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket.AddressFamily != AddressFamily.Unix)
        {
            await ErrorResponses.WriteAsync(context, StatusCodes.Status403Forbidden, "a box is enrolled through the control socket only", "Forbidden", "On the box: edgeserve device enroll FILE.");
            return;
        }

        string replace = context.Request.Query["replace"].ToString();
        if (replace is not ("" or "true" or "false"))
        {
            await ErrorResponses.WriteAsync(context, StatusCodes.Status400BadRequest, "replace must be true or false", "BadRequest");
            return;
        }

        byte[]? file = await ReadAsync(context);
        if (file is null)
        {
            await ErrorResponses.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, $"an enrolment file has at most {EnrolmentFile.MaxBytes >> 10} KiB", "TooLarge");
            return;
        }

        context.RequestServices.GetRequiredService<DeviceEnrolment>().Enrol(file, replace == "true");
        context.RequestServices.GetRequiredService<AuditLog>().Note(
            "device.enrolled", Caller.Of(context).Owner, $"The box was enrolled{(replace == "true" ? " anew" : "")} in channel {context.RequestServices.GetRequiredService<DeviceEnrolment>().Terms?.Channel ?? "-"}");
        await JsonResponse.WriteAsync(context, Body(context.RequestServices), WireJson.Default.DeviceBody);
    }

    private static async Task<byte[]?> ReadAsync(HttpContext context)
    {
        byte[] buffer = new byte[EnrolmentFile.MaxBytes + 1];
        int length = await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, context.RequestAborted);
        return length > EnrolmentFile.MaxBytes ? null : buffer[..length];
    }

    private static DeviceBody Body(IServiceProvider services)
    {
        string? id = null;
        try
        {
            id = services.GetRequiredService<DeviceIdentity>().Id;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A box that cannot write has no id yet.
        }

        return DeviceViews.Of(id, services.GetRequiredService<IOptions<EdgeServeOptions>>().Value.Server.Name, services.GetRequiredService<DeviceEnrolment>(), services.GetRequiredService<DeviceKey>());
    }
}
