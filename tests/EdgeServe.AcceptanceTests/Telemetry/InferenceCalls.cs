using System.Text;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Telemetry;

/// <summary>Something to record.</summary>
internal static class InferenceCalls
{
    private static readonly string Body = $$"""{"inputs":[{"name":"features","shape":[1,30],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Range(1, 30))}}]}]}""";

    public static async Task InferredAsync(this HttpClient client, string model = "breast-cancer")
    {
        using var content = new StringContent(Body, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync($"/v2/models/{model}/infer", content, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>A request that the model's own rules refuse.</summary>
    public static async Task RefusedAsync(this HttpClient client)
    {
        using var content = new StringContent(Body.Replace("[1,30]", "[1,29]", StringComparison.Ordinal), Encoding.UTF8, "application/json");
        using var response = await client.PostAsync("/v2/models/breast-cancer/infer", content, TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, response.StatusCode);
    }

    /// <summary>Waits until this many batches of a class are on the disk.</summary>
    public static async Task<long> StoredAsync(this EdgeServeProcess server, string kind, long least)
    {
        while (true)
        {
            string metrics = await server.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
            long batches = metrics.Split('\n').Where(l => l.StartsWith("edgeserve_telemetry_batches{", StringComparison.Ordinal) && l.Contains($"class=\"{kind}\"", StringComparison.Ordinal))
                .Sum(l => long.Parse(l.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture));
            if (batches >= least)
                return batches;
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
