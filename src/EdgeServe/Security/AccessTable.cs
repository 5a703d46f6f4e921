using System.Collections.Concurrent;
using EdgeServe.Security.Keys;

namespace EdgeServe.Security;

/// <summary>
/// The one table from routes to what they need; a route that is not in it needs <see cref="Scope.Admin"/>, and fails a
/// test. A model's name in the path, or in a gRPC message, must also be one the key may use.
/// </summary>
internal static class AccessTable
{
    /// <summary>Method and pattern to rule. HEAD is GET; gRPC methods are POST.</summary>
    public static readonly IReadOnlyDictionary<string, AccessRule> Rules = Build();

    private const string Oip = "POST /inference.GRPCInferenceService/";
    private const string Health = "POST /grpc.health.v1.Health/";
    private static readonly AccessRule Unlisted = new(Scope.Admin);

    // Neither path nor method is known: any key may be told so, and nobody else.
    private static readonly AccessRule Nowhere = new(Scope.Infer);
    private static readonly ConcurrentDictionary<Endpoint, AccessRule> Found = new();

    public static AccessRule Of(Endpoint? endpoint) =>
        endpoint is null ? Nowhere : Found.TryGetValue(endpoint, out var rule) ? rule : Found.GetOrAdd(endpoint, Find);

    /// <summary>The table's key of an endpoint; null: it is no route of ours (405, for one).</summary>
    public static string? NameOf(Endpoint endpoint)
    {
        if (endpoint is not RouteEndpoint route)
            return null;
        var methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods;
        string method = methods is { Count: > 0 } ? methods[0] : HttpMethods.Get;
        return $"{method} /{route.RoutePattern.RawText!.Trim('/')}";
    }

    private static AccessRule Find(Endpoint endpoint)
    {
        if (NameOf(endpoint) is not { } name)
            return Nowhere;
        return Rules.TryGetValue(name, out var rule) ? rule : name.Contains("{unimplemented", StringComparison.Ordinal) ? Nowhere : Unlisted;
    }

    private static Dictionary<string, AccessRule> Build()
    {
        var rules = new Dictionary<string, AccessRule>();
        void Add(AccessRule rule, params string[] names)
        {
            foreach (string name in names)
                rules.Add(name, rule);
        }

        // Is it there?
        Add(new AccessRule(Scope.Anyone),
            "GET /v2/health/live", "GET /v2/health/ready",
            // A tablet has a code before it has a key.
            "GET /pair", "POST /pair", "POST /edge/v1/pair", Oip + "ServerLive", Oip + "ServerReady", Health + "Check");

        // Ask models, keep jobs; and what clients of the protocol ask as a matter of course.
        Add(new AccessRule(Scope.Infer),
            "GET /v2", "GET /v2/models", "GET /v2/models/stats", "GET /openapi/v1.json",
            "GET /v2/trace/setting", "GET /v2/models/{model}/trace/setting", "GET /v2/logging",
            Oip + "ServerMetadata", Oip + "ModelReady", Oip + "ModelMetadata", Oip + "ModelConfig", Oip + "ModelStatistics", Oip + "ModelInfer",
            Oip + "SystemSharedMemoryStatus", Oip + "SystemSharedMemoryRegister", Oip + "SystemSharedMemoryUnregister",
            Oip + "CudaSharedMemoryStatus", Oip + "CudaSharedMemoryRegister", Oip + "CudaSharedMemoryUnregister");
        foreach (string model in new[] { "/models/{model}", "/models/{model}/versions/{version}" })
        {
            Add(new AccessRule(Scope.Infer),
                "GET /v2" + model, $"GET /v2{model}/ready", $"GET /v2{model}/config", $"GET /v2{model}/stats", $"POST /v2{model}/infer", $"POST /edge/v1{model}/jobs");
            Add(new AccessRule(Scope.Operate), $"GET /edge/v1{model}/drift");
        }

        foreach (string memory in new[] { "/v2/systemsharedmemory", "/v2/cudasharedmemory" })
        {
            foreach (string region in new[] { "", "/region/{region}" })
                Add(new AccessRule(Scope.Infer), $"GET {memory}{region}/status", $"POST {memory}{region}/register", $"POST {memory}{region}/unregister");
        }

        Add(new AccessRule(Scope.Infer), "GET /edge/v1/jobs", "DELETE /edge/v1/jobs/{id}", "POST /edge/v1/jobs/{id}/acknowledge");
        Add(new AccessRule(Scope.Infer, EndsItself: true),
            "GET /edge/v1/jobs/{id}", "GET /edge/v1/jobs/{id}/result", "GET /edge/v1/jobs/events", Oip + "ModelStreamInfer");
        Add(new AccessRule(Scope.Infer), Health + "Watch");

        // See and steer the box.
        Add(new AccessRule(Scope.Operate),
            "POST /v2/repository/index", "POST /v2/repository/{repository}/index",
            "POST /v2/repository/models/{model}/load", "POST /v2/repository/{repository}/models/{model}/load",
            "POST /v2/repository/models/{model}/unload", "POST /v2/repository/{repository}/models/{model}/unload",
            Oip + "RepositoryIndex", Oip + "RepositoryModelLoad", Oip + "RepositoryModelUnload", Oip + "TraceSetting", Oip + "LogSettings",
            "POST /v2/trace/setting", "POST /v2/models/{model}/trace/setting", "POST /v2/logging",
            "GET /metrics", "GET /edge/v1/status", "GET /edge/v1/device", "GET /edge/v1/media", "POST /edge/v1/media/eject", "GET /edge/v1/series",
            "GET /edge/v1/updates", "POST /edge/v1/updates/now", "POST /edge/v1/updates/rollback", "POST /edge/v1/updates/hold", "POST /edge/v1/updates/release",
            "GET /edge/v1/sync", "POST /edge/v1/sync/now", "POST /edge/v1/sync/hold", "POST /edge/v1/sync/resume",
            "POST /grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "POST /grpc.reflection.v1.ServerReflection/ServerReflectionInfo");

        // Keys, folders of the box, everybody's jobs. Enrolment, backup and reset ask for the control socket as well.
        Add(new AccessRule(Scope.Admin),
            "POST /edge/v1/updates/install", "POST /edge/v1/device/enroll", "GET /edge/v1/backup", "GET /edge/v1/audit",
            "GET /edge/v1/keys", "POST /edge/v1/keys", "POST /edge/v1/keys/reset", "POST /edge/v1/keys/{id}/rename", "DELETE /edge/v1/keys/{id}",
            "GET /edge/v1/pairings", "POST /edge/v1/pairings", "GET /edge/v1/pairings/{id}", "DELETE /edge/v1/pairings/{id}", "POST /edge/v1/setup-card",
            "POST /edge/v1/device/clock");
        return rules;
    }
}
