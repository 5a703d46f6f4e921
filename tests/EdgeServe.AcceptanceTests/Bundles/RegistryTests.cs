using System.Security.Cryptography;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Bundles.Store;

namespace EdgeServe.AcceptanceTests.Bundles;

/// <summary>The registry client and the store against the real docker-registry.</summary>
public sealed class RegistryTests
{
    private const int BlobBytes = 60_000_000;
    private const int Cuts = 30;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Thirty_cuts_of_a_blob_cost_at_most_64_KiB_each()
    {
        Assert.SkipWhen(DockerRegistry.Unavailable is not null, DockerRegistry.Unavailable ?? "");
        await using var registry = await DockerRegistry.StartAsync();
        var blob = await PushAsync(registry, BlobBytes);
        await using var wire = new CuttingProxy(registry.Port) { CutAfter = BlobBytes / (Cuts + 1) };
        string folder = Directory.CreateTempSubdirectory("edgeserve-store-").FullName;
        var store = new ContentStore(Path.Combine(folder, "store"), Path.Combine(folder, "ingest"));
        int cut = 0;
        while (!store.Has(blob) && cut < 100)
        {
            // A new client each time: nothing is remembered but what is on the disk.
            using var client = Client(wire.Host);
            if (cut >= Cuts)
                wire.CutAfter = null;
            if (await Record.ExceptionAsync(() => store.IngestAsync(client, blob, null, Stop)) is { } e)
            {
                Assert.Equal(BundleError.SourceUnavailable, Assert.IsType<BundleException>(e).Error);
                cut++;
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{cut} cuts: {wire.Down} bytes down for {BlobBytes}, {wire.Down - BlobBytes} more");
        Assert.True(store.Has(blob));
        Assert.Equal(Cuts, cut);
        Assert.InRange(wire.Down, BlobBytes, BlobBytes + (Cuts * (64L << 10)));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_registry_killed_in_the_middle_of_a_blob_is_asked_for_the_rest()
    {
        Assert.SkipWhen(DockerRegistry.Unavailable is not null, DockerRegistry.Unavailable ?? "");
        await using var registry = await DockerRegistry.StartAsync();
        var blob = await PushAsync(registry, 20_000_000);
        string folder = Directory.CreateTempSubdirectory("edgeserve-store-").FullName;
        var store = new ContentStore(Path.Combine(folder, "store"), Path.Combine(folder, "ingest"));
        using var client = Client(registry.Host);
        Task? killed = null;
        var killer = new Listener(at => killed ??= at > 3_000_000 ? registry.KillAsync() : null);
        Assert.Equal(BundleError.SourceUnavailable, (await Assert.ThrowsAsync<BundleException>(() => store.IngestAsync(client, blob, killer, Stop))).Error);
        await killed!;
        long held = store.BytesHeld(blob);
        Assert.InRange(held, 3_000_000, blob.Size - 1);
        await registry.RestartAsync();
        Assert.Equal(blob.Size - held, await store.IngestAsync(client, blob, null, Stop));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_poll_with_nothing_new_costs_less_than_1_KB()
    {
        Assert.SkipWhen(DockerRegistry.Unavailable is not null, DockerRegistry.Unavailable ?? "");
        await using var registry = await DockerRegistry.StartAsync();
        byte[] index = """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"""u8.ToArray();
        using (var push = new RegistryPush(RegistryReference.Parse(registry.Host + "/models"), new RegistryOptions(), TimeProvider.System))
            await push.ManifestAsync("clinic", MediaTypes.Index, index, Stop);
        await using var wire = new CuttingProxy(registry.Port);
        using var client = Client(wire.Host);
        var fetched = (await client.ResolveAsync("clinic", null, Stop))!;
        Assert.Equal(index, fetched.Content);
        Assert.Equal(MediaTypes.Index, fetched.MediaType);
        long before = wire.Up + wire.Down;
        Assert.Null(await client.ResolveAsync("clinic", fetched.Digest, Stop));
        TestContext.Current.SendDiagnosticMessage($"a poll with nothing new: {wire.Up + wire.Down - before} bytes both ways");
        Assert.InRange(wire.Up + wire.Down - before, 1, 1023);
        await client.ProbeAsync(Stop);
        Assert.Equal(BundleError.NotFound, (await Assert.ThrowsAsync<BundleException>(() => client.ResolveAsync("nobody", null, Stop))).Error);
    }

    private static RegistryClient Client(string host) =>
        new(RegistryReference.Parse(host + "/models"), new RegistryOptions { Retries = 0 }, LinkBudget.Unlimited, TimeProvider.System);

    private static async Task<Descriptor> PushAsync(DockerRegistry registry, int bytes)
    {
        byte[] content = RandomNumberGenerator.GetBytes(bytes);
        var blob = new Descriptor(MediaTypes.Weight, Digest.Of(content), bytes);
        using var push = new RegistryPush(RegistryReference.Parse(registry.Host + "/models"), new RegistryOptions(), TimeProvider.System);
        Assert.Equal(bytes, await push.BlobAsync(blob, () => new MemoryStream(content), Stop));
        Assert.Equal(0, await push.BlobAsync(blob, () => new MemoryStream(content), Stop));
        return blob;
    }

    private sealed class Listener(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
