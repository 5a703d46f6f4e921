using EdgeServe.Engine.Inference;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace EdgeServe.Grpc;

/// <summary>Refusals of the calls that the framework serves, with the codes of <see cref="GrpcErrors"/>.</summary>
internal sealed partial class ErrorInterceptor(ILogger<ErrorInterceptor> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            GrpcModels.Check(request, context.GetHttpContext());
            return await continuation(request, context);
        }
        catch (ServingException e)
        {
            throw GrpcErrors.From(e);
        }
        catch (Exception e) when (e is not RpcException and not OperationCanceledException)
        {
            string id = context.GetHttpContext().TraceIdentifier;
            Log.Failed(log, context.Method, id, e);
            throw new RpcException(new Status(StatusCode.Internal, $"internal error; the log has the details under request id {id}"));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3102, LogLevel.Error, "gRPC call {Method} {RequestId} failed")]
        public static partial void Failed(ILogger logger, string method, string requestId, Exception error);
    }
}
