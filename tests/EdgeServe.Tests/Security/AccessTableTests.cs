using EdgeServe.Grpc;
using EdgeServe.Grpc.Wire;
using EdgeServe.Security;
using Google.Protobuf;

namespace EdgeServe.Tests.Security;

public sealed class AccessTableTests
{
    [Fact]
    public async Task Every_route_and_grpc_method_has_an_entry_and_every_entry_a_route()
    {
        await using var server = new BuiltServer();
        var routes = server.Endpoints.Select(AccessTable.NameOf).OfType<string>().Where(n => !n.Contains("{unimplemented", StringComparison.Ordinal)).ToHashSet();
        // Reflection is only mapped in development.
        var entries = AccessTable.Rules.Keys.Where(n => !n.Contains("grpc.reflection", StringComparison.Ordinal));
        Assert.Equal(entries.Order(StringComparer.Ordinal), routes.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_route_for_several_methods_is_looked_up_by_one_that_reads()
    {
        await using var server = new BuiltServer();
        foreach (var methods in server.Endpoints.Select(e => e.Metadata.OfType<Microsoft.AspNetCore.Routing.IHttpMethodMetadata>().LastOrDefault()?.HttpMethods).OfType<IReadOnlyList<string>>())
            Assert.True(methods.Count == 1 || methods is ["GET", "HEAD"], string.Join(' ', methods));
    }

    [Fact]
    public void Every_grpc_message_that_names_a_model_is_looked_into()
    {
        foreach (var message in GRPCInferenceService.Descriptor.Methods.Where(m => m.Name is not ("ModelInfer" or "ModelStreamInfer")).Select(m => m.InputType))
        {
            var field = message.FindFieldByName("model_name") ?? (message.Name.StartsWith("Model", StringComparison.Ordinal) ? message.FindFieldByName("name") : null);
            var request = message.Parser.ParseFrom(ByteString.Empty);
            field?.Accessor.SetValue(request, "some-model");
            Assert.True(GrpcModels.NameOf(request) == (field is null ? null : "some-model"), message.Name);
        }
    }
}
