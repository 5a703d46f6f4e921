using System.Buffers;
using System.Net;
using EdgeServe.Grpc.Wire;
using EdgeServe.Hosting;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeServe.Bare;

/// <summary>ModelInfer the way the library suggests it: its own messages, one copy in, one copy out, no checks.</summary>
internal static class BareGrpc
{
    public static int Serve(string path, string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlockPoolFactory>();
        builder.Services.AddGrpc(o => o.MaxReceiveMessageSize = null);
        builder.Services.AddSingleton(new BareModel(path));
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            k.Listen(IPAddress.Loopback, new Uri(url).Port, l => l.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        app.MapGrpcService<Service>();
        app.Run();
        return 0;
    }

    private sealed class Service(BareModel model) : GRPCInferenceService.GRPCInferenceServiceBase
    {
        public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
        {
            var slot = BareSlot.Rent(model);
            try
            {
                slot.Write(request.RawInputContents[0].Span, 0);
                using var outputs = model.Run(slot.Value);
                var response = new ModelInferResponse { ModelName = request.ModelName };
                for (int i = 0; i < outputs.Count; i++)
                {
                    response.Outputs.Add(new ModelInferResponse.Types.InferOutputTensor { Name = model.OutputNames[i], Datatype = "FP32", Shape = { outputs[i].GetTensorTypeAndShape().Shape } });
                    response.RawOutputContents.Add(ByteString.CopyFrom(outputs[i].GetTensorMutableRawData()));
                }

                return Task.FromResult(response);
            }
            finally
            {
                slot.Return();
            }
        }
    }
}
