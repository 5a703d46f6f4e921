using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Grpc.Wire;
using EdgeServe.Hosting;
using EdgeServe.Http.Health;
using EdgeServe.Http.Oip;
using EdgeServe.Security;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace EdgeServe.Grpc;

/// <summary>
/// <c>inference.GRPCInferenceService</c> but for its two infer calls (<see cref="InferCalls"/>): health, metadata,
/// configuration and statistics here, the rest in the files beside. The same views as the REST routes.
/// </summary>
internal sealed partial class InferenceService(ModelCatalog catalog, ServerState state, IOptions<EdgeServeOptions> options)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = state.IsReady });

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context)
    {
        long version = InferMessage.ParseVersion(request.Version);
        var found = catalog.Current.Find(request.Name);
        bool ready = (version == 0 ? found?.Default : found?.Find(version)) is { State: VersionState.Ready };
        return Task.FromResult(new ModelReadyResponse { Ready = ready });
    }

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse
        {
            Name = options.Value.Server.Name,
            Version = ProductVersion.Text,
            Extensions = { MetadataEndpoints.Extensions },
        });

    public override async Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        var served = await catalog.LeaseAsync(request.Name, InferMessage.ParseVersion(request.Version), context.CancellationToken);
        try
        {
            return WireViews.Metadata(ModelViews.Metadata(catalog.Current.Find(request.Name)!, served));
        }
        finally
        {
            served.Release();
        }
    }

    public override async Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context)
    {
        var served = await catalog.LeaseAsync(request.Name, InferMessage.ParseVersion(request.Version), context.CancellationToken);
        try
        {
            return new ModelConfigResponse { Config = WireViews.Config(ModelViews.Config(served)) };
        }
        finally
        {
            served.Release();
        }
    }

    public override Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest request, ServerCallContext context)
    {
        var stats = request.Name.Length == 0
            ? MetadataEndpoints.AllStats(catalog, Caller.Of(context.GetHttpContext()))
            : MetadataEndpoints.StatsOf(catalog, request.Name, InferMessage.ParseVersion(request.Version));
        return Task.FromResult(WireViews.Statistics(stats));
    }

    /// <summary>Answered before the framework gets to it, by <see cref="InferCalls"/>.</summary>
    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) =>
        throw new ServingException(ServingError.Unsupported, "ModelInfer is not routed here");

    /// <inheritdoc cref="ModelInfer"/>
    public override Task ModelStreamInfer(
        IAsyncStreamReader<ModelInferRequest> requests, IServerStreamWriter<ModelStreamInferResponse> responses, ServerCallContext context) =>
        throw new ServingException(ServingError.Unsupported, "ModelStreamInfer is not routed here");
}
