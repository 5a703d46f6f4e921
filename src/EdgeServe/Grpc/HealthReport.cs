using EdgeServe.Http.Health;
using Grpc.Health.V1;
using Grpc.HealthCheck;

namespace EdgeServe.Grpc;

/// <summary>Keeps <c>grpc.health.v1</c> at what <c>/v2/health/ready</c> says, so that its watchers hear of each change.</summary>
internal sealed class HealthReport(HealthServiceImpl health, ServerState state) : IHostedService
{
    private static readonly string[] Names = ["", "inference.GRPCInferenceService"];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        state.Changed += Report;
        Report();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        state.Changed -= Report;
        return Task.CompletedTask;
    }

    private void Report()
    {
        foreach (string name in Names)
            health.SetStatus(name, state.IsReady ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing);
    }
}
