namespace EdgeServe.AcceptanceTests.Security;

/// <summary>What every route and gRPC method needs, written a second time on purpose: a slip in the server's table does not repeat itself here.</summary>
internal sealed record AccessRow(string Scope, string Method, string Path)
{
    public static readonly AccessRow[] All = [.. """
        anyone  GET /v2/health/live
        anyone  GET /v2/health/ready
        infer   GET /v2
        infer   GET /v2/models
        infer   GET /v2/models/stats
        infer   GET /v2/models/{model}
        infer   GET /v2/models/{model}/ready
        infer   GET /v2/models/{model}/config
        infer   GET /v2/models/{model}/stats
        infer   POST /v2/models/{model}/infer
        infer   GET /v2/models/{model}/versions/{version}
        infer   GET /v2/models/{model}/versions/{version}/ready
        infer   GET /v2/models/{model}/versions/{version}/config
        infer   GET /v2/models/{model}/versions/{version}/stats
        infer   POST /v2/models/{model}/versions/{version}/infer
        operate POST /v2/repository/index
        operate POST /v2/repository/models/{model}/load
        operate POST /v2/repository/models/{model}/unload
        operate POST /v2/repository/{repository}/index
        operate POST /v2/repository/{repository}/models/{model}/load
        operate POST /v2/repository/{repository}/models/{model}/unload
        infer   GET /v2/trace/setting
        operate POST /v2/trace/setting
        infer   GET /v2/models/{model}/trace/setting
        operate POST /v2/models/{model}/trace/setting
        infer   GET /v2/logging
        operate POST /v2/logging
        infer   GET /v2/systemsharedmemory/status
        infer   POST /v2/systemsharedmemory/unregister
        infer   POST /v2/systemsharedmemory/register
        infer   GET /v2/systemsharedmemory/region/{region}/status
        infer   POST /v2/systemsharedmemory/region/{region}/unregister
        infer   POST /v2/systemsharedmemory/region/{region}/register
        infer   GET /v2/cudasharedmemory/status
        infer   POST /v2/cudasharedmemory/unregister
        infer   POST /v2/cudasharedmemory/register
        infer   GET /v2/cudasharedmemory/region/{region}/status
        infer   POST /v2/cudasharedmemory/region/{region}/unregister
        infer   POST /v2/cudasharedmemory/region/{region}/register
        infer   POST /edge/v1/models/{model}/jobs
        infer   POST /edge/v1/models/{model}/versions/{version}/jobs
        infer   GET /edge/v1/jobs
        infer   GET /edge/v1/jobs/events
        infer   GET /edge/v1/jobs/{id}
        infer   DELETE /edge/v1/jobs/{id}
        infer   GET /edge/v1/jobs/{id}/result
        infer   POST /edge/v1/jobs/{id}/acknowledge
        operate GET /edge/v1/status
        admin   GET /edge/v1/audit
        admin   GET /edge/v1/backup
        operate GET /edge/v1/device
        admin   POST /edge/v1/device/enroll
        operate GET /edge/v1/media
        operate POST /edge/v1/media/eject
        operate GET /edge/v1/models/{model}/drift
        operate GET /edge/v1/models/{model}/versions/{version}/drift
        operate GET /edge/v1/series
        operate GET /edge/v1/updates
        operate POST /edge/v1/updates/now
        admin   POST /edge/v1/updates/install
        operate POST /edge/v1/updates/rollback
        operate POST /edge/v1/updates/hold
        operate POST /edge/v1/updates/release
        operate GET /metrics
        infer   GET /openapi/v1.json
        operate GET /edge/v1/sync
        operate POST /edge/v1/sync/now
        operate POST /edge/v1/sync/hold
        operate POST /edge/v1/sync/resume
        admin   GET /edge/v1/keys
        admin   POST /edge/v1/keys
        admin   POST /edge/v1/keys/reset
        admin   POST /edge/v1/keys/{id}/rename
        admin   DELETE /edge/v1/keys/{id}
        admin   GET /edge/v1/pairings
        admin   POST /edge/v1/pairings
        admin   GET /edge/v1/pairings/{id}
        admin   DELETE /edge/v1/pairings/{id}
        admin   POST /edge/v1/setup-card
        admin   POST /edge/v1/device/clock
        anyone  POST /edge/v1/pair
        anyone  GET /pair
        anyone  POST /pair
        anyone  GRPC /inference.GRPCInferenceService/ServerLive
        anyone  GRPC /inference.GRPCInferenceService/ServerReady
        anyone  GRPC /grpc.health.v1.Health/Check
        infer   GRPC /inference.GRPCInferenceService/ServerMetadata
        infer   GRPC /inference.GRPCInferenceService/ModelReady
        infer   GRPC /inference.GRPCInferenceService/ModelMetadata
        infer   GRPC /inference.GRPCInferenceService/ModelConfig
        infer   GRPC /inference.GRPCInferenceService/ModelStatistics
        infer   GRPC /inference.GRPCInferenceService/ModelInfer
        infer   GRPC /inference.GRPCInferenceService/ModelStreamInfer
        infer   GRPC /inference.GRPCInferenceService/SystemSharedMemoryStatus
        infer   GRPC /inference.GRPCInferenceService/SystemSharedMemoryRegister
        infer   GRPC /inference.GRPCInferenceService/SystemSharedMemoryUnregister
        infer   GRPC /inference.GRPCInferenceService/CudaSharedMemoryStatus
        infer   GRPC /inference.GRPCInferenceService/CudaSharedMemoryRegister
        infer   GRPC /inference.GRPCInferenceService/CudaSharedMemoryUnregister
        infer   GRPC /grpc.health.v1.Health/Watch
        operate GRPC /inference.GRPCInferenceService/RepositoryIndex
        operate GRPC /inference.GRPCInferenceService/RepositoryModelLoad
        operate GRPC /inference.GRPCInferenceService/RepositoryModelUnload
        operate GRPC /inference.GRPCInferenceService/TraceSetting
        operate GRPC /inference.GRPCInferenceService/LogSettings
        """.Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(p => new AccessRow(p[0], p[1], p[2]))];

    public bool IsGrpc => Method == "GRPC";

    /// <summary>In the words of the server's table.</summary>
    public string Name => $"{(IsGrpc ? "POST" : Method)} {Path}";
}
