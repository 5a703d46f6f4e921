using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Serving;

public sealed class ReloadTests(ITestOutputHelper output)
{
    // The JIT build also keeps the code it compiles meanwhile.
    private const long AllowedGrowth = 12L << 20;

    [Fact]
    public async Task A_hundred_reloads_under_load_fail_no_request_and_keep_no_memory()
    {
        using var models = new ModelFolder().AddShipped("digits");
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        using var stop = new CancellationTokenSource();
        string digit = $$"""{"inputs":[{"name":"image","shape":[1,1,20,20],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Range(0, 400).Select(i => i % 256))}}]}]}""";
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(() => LoadAsync(server, digit, stop.Token))).ToArray();
        long atTen = 0;
        for (int i = 1; i <= 100; i++)
        {
            Assert.Equal(200, (await server.Client.PostAnswerAsync("/v2/repository/models/digits/load")).Status);
            if (i == 10)
                atTen = server.ResidentBytes;
        }

        long atHundred = server.ResidentBytes;
        await stop.CancelAsync();
        var counts = await Task.WhenAll(clients);
        output.WriteLine($"{counts.Sum(c => c.Good)} requests, {counts.Sum(c => c.Bad)} failed; resident after 10 reloads {atTen >> 10} KiB, after 100 {atHundred >> 10} KiB");
        Assert.Equal(0, counts.Sum(c => c.Bad));
        Assert.True(counts.Sum(c => c.Good) > 100);
        // Given back as soon as no request would have to wait for that.
        await server.WaitForAsync(() => server.ResidentBytes - atTen <= AllowedGrowth, "the memory of a hundred reloads is given back");
    }

    private static async Task<(int Good, int Bad)> LoadAsync(EdgeServeProcess server, string request, CancellationToken stop)
    {
        int good = 0, bad = 0;
        while (!stop.IsCancellationRequested)
        {
            if ((await server.Client.InferAsync("digits", request)).Status == 200)
                good++;
            else
                bad++;
        }

        return (good, bad);
    }
}
