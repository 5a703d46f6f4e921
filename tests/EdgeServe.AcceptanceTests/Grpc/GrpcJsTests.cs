namespace EdgeServe.AcceptanceTests.Grpc;

/// <summary>The whole gRPC service through a client written by others, @grpc/grpc-js: one row a rule of <c>GrpcJs/client.mjs</c>.</summary>
public sealed class GrpcJsTests(GrpcJsRun run) : IClassFixture<GrpcJsRun>
{
    public static TheoryData<string> Rules { get; } = [.. File.ReadLines(Path.Combine(GrpcJsRun.Folder, "client.mjs")).Select(GrpcJsRun.RuleOf).OfType<string>()];

    [Theory]
    [MemberData(nameof(Rules))]
    public void Rule_holds(string rule)
    {
        Assert.True(run.Results.TryGetValue(rule, out string? error), "the client did not report it:\n" + run.Output);
        Assert.True(error is null, error);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Rule_holds_over_tls_with_a_key(string rule)
    {
        Assert.True(run.ResultsOverTls.TryGetValue(rule, out string? error), "the client did not report it:\n" + run.OutputOverTls);
        Assert.True(error is null, error);
    }
}
