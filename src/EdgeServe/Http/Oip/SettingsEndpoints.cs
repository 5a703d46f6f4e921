using System.Text;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Http.Oip;

/// <summary>
/// Trace and logging settings, and shared memory. Clients read the settings and call status and unregister as a matter
/// of course; this server traces through OpenTelemetry and logs by configuration, so the settings are what they are.
/// </summary>
internal static class SettingsEndpoints
{
    public static readonly IReadOnlyDictionary<string, string[]> TraceSettings = new Dictionary<string, string[]>
    {
        ["trace_level"] = ["OFF"],
        ["trace_rate"] = ["1000"],
        ["trace_count"] = ["-1"],
        ["log_frequency"] = ["0"],
        ["trace_file"] = [""],
        ["trace_mode"] = ["opentelemetry"],
    };

    private static readonly byte[] TraceJson = Encoding.UTF8.GetBytes(
        """{"trace_level":["OFF"],"trace_rate":"1000","trace_count":"-1","log_frequency":"0","trace_file":"","trace_mode":"opentelemetry"}""");

    private static readonly byte[] LogJson = Encoding.UTF8.GetBytes(
        """{"log_file":"","log_info":true,"log_warning":true,"log_error":true,"log_verbose_level":0,"log_format":"default"}""");

    public static string NoSharedMemory(string kind) =>
        $"failed to register {kind} shared memory region: this server does not offer shared memory; send tensors as binary data";

    public static void MapSettings(this IEndpointRouteBuilder routes)
    {
        foreach (string path in new[] { "/v2/trace/setting", "/v2/models/{model}/trace/setting" })
        {
            routes.MapReads(path, context => RawAsync(context, TraceJson));
            routes.MapPost(path, context => SettingAsync(context, TraceJson));
        }

        routes.MapReads("/v2/logging", context => RawAsync(context, LogJson));
        routes.MapPost("/v2/logging", context => SettingAsync(context, LogJson));
        MapSharedMemory(routes, "/v2/systemsharedmemory", "system");
        MapSharedMemory(routes, "/v2/cudasharedmemory", "CUDA");
    }

    private static void MapSharedMemory(IEndpointRouteBuilder routes, string prefix, string kind)
    {
        foreach (string region in new[] { "", "/region/{region}" })
        {
            routes.MapReads($"{prefix}{region}/status", context => RawAsync(context, "[]"u8.ToArray()));
            routes.MapPost($"{prefix}{region}/unregister", context =>
            {
                context.Response.ContentLength = 0;
                return Task.CompletedTask;
            });
            routes.MapPost($"{prefix}{region}/register", _ => throw ServingException.Invalid(
                NoSharedMemory(kind)));
        }
    }

    /// <summary>Reads the body, so that the connection stays usable, and answers what is in force.</summary>
    private static async Task SettingAsync(HttpContext context, byte[] current)
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        await RawAsync(context, current);
    }

    private static Task RawAsync(HttpContext context, byte[] json)
    {
        context.Response.ContentType = ErrorResponses.JsonContentType;
        context.Response.ContentLength = json.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }
}
