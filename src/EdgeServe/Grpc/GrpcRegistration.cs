using EdgeServe.Grpc.Wire;
using EdgeServe.Hosting;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Grpc.Reflection;

namespace EdgeServe.Grpc;

/// <summary>The services on the gRPC port.</summary>
internal static class GrpcRegistration
{
    private const string Service = "/inference.GRPCInferenceService/";

    public static void AddGrpcApi(this IServiceCollection services, EdgeServeOptions options)
    {
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = options.Limits.MaxGrpcMessageBytes;
            grpc.MaxSendMessageSize = options.Limits.MaxGrpcMessageBytes;
            grpc.Interceptors.Add<ErrorInterceptor>();
        });
        services.AddSingleton<InferCalls>();
        services.AddSingleton<HealthServiceImpl>();
        services.AddHostedService<HealthReport>();
        services.AddSingleton(_ => new ReflectionServiceImpl(GRPCInferenceService.Descriptor, Health.Descriptor));
        services.AddSingleton(_ => new ReflectionV1ServiceImpl(GRPCInferenceService.Descriptor, Health.Descriptor));
    }

    public static void MapGrpcApi(this WebApplication app)
    {
        app.MapGrpcService<InferenceService>();
        app.MapGrpcService<HealthServiceImpl>();
        if (app.Environment.IsDevelopment())
        {
            app.MapGrpcService<ReflectionServiceImpl>();
            app.MapGrpcService<ReflectionV1ServiceImpl>();
        }

        var calls = app.Services.GetRequiredService<InferCalls>();
        MapBefore(app, Service + "ModelInfer", calls.ModelInferAsync);
        MapBefore(app, Service + "ModelStreamInfer", calls.ModelStreamInferAsync);
    }

    /// <summary>A route of our own where the framework has one of the same path.</summary>
    private static void MapBefore(WebApplication app, string path, RequestDelegate handler) =>
        app.MapPost(path, handler).Add(endpoint => ((RouteEndpointBuilder)endpoint).Order = -1);
}
