using System.Globalization;
using System.Text.Json;
using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Storage;
using EdgeServe.Http.Jobs;
using EdgeServe.Http.Oip;

namespace EdgeServe.Http.Operator;

/// <summary><c>GET /edge/v1/audit</c>: the audit log, newest first; for keys of scope admin and for the box itself.</summary>
internal sealed class AuditEndpoint(AuditLog audit, DataDirectory data)
{
    private const int DefaultPage = 100;
    private const int LargestPage = 1000;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapReads("/edge/v1/audit", routes.ServiceProvider.GetRequiredService<AuditEndpoint>().GetAsync);

    private Task GetAsync(HttpContext context)
    {
        long cursor = Number(context.Request.Query, "cursor", long.MaxValue, long.MaxValue);
        int limit = (int)Number(context.Request.Query, "limit", LargestPage, DefaultPage);
        var lines = new AuditFiles(data.Audit, data.Device).Before(cursor, limit + 1);
        string? next = lines.Count > limit ? lines[limit - 1].Sequence.ToString(CultureInfo.InvariantCulture) : null;
        var head = audit.Head ?? AuditHead.None;
        return JsonResponse.WriteAsync(
            context, new AuditBody(new AuditHeadBody(head.Sequence, head.Hash), [.. lines.Take(limit).Select(l => l.Json)], next), WireJson.Default.AuditBody);
    }

    private static long Number(IQueryCollection query, string name, long most, long otherwise)
    {
        if (query[name].ToString() is not { Length: > 0 } text)
            return otherwise;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= 1 && number <= most
            ? number
            : throw JobHeaders.Invalid($"{name} '{(text.Length > 40 ? text[..40] + "…" : text)}' is not a number from 1 to {most}");
    }
}
