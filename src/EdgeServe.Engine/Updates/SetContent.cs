using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Channels;
using EdgeServe.Engine.Bundles.Packing;
using EdgeServe.Engine.Bundles.Store;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Updates;

/// <summary>Step 3 of the update flow: everything a verified index names comes into the store. Sources may take turns; what came stays.</summary>
internal sealed class SetContent(ContentStore store)
{
    /// <summary>Does the store hold the whole set?</summary>
    public bool IsComplete(SetReference set)
    {
        try
        {
            return Models(set).All(m => m.Files.All(f => store.Has(f.Layer)));
        }
        catch (BundleException)
        {
            return false;
        }
    }

    /// <summary>Counts in <see cref="UpdateRun.Fetched"/> what the source gave, also when it breaks off.</summary>
    /// <exception cref="BundleException">What the store and the source throw; <see cref="BundleError.Incomplete"/> when the source lacks a part.</exception>
    public async Task FetchAsync(UpdateRun run, FetchedManifest index, ChannelIndex channel, CancellationToken cancellation)
    {
        await store.PutAsync(index.Content);
        var source = run.Source;
        var layers = new List<Descriptor>();
        foreach (var model in channel.Models)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!store.Has(model.Manifest))
            {
                var manifest = await PartAsync(() => source.ManifestAsync(model.Manifest, cancellation), source);
                ContentOf(model, manifest.Content);
                await store.PutAsync(manifest.Content);
                run.Fetched += manifest.Content.Length;
            }

            layers.AddRange(ManifestJson.ReadManifest(store.ReadManifest(model.Manifest.Digest)).Layers);
            // Refused before a single byte of it is fetched.
            ContentOf(model, store.ReadManifest(model.Manifest.Digest));
        }

        var distinct = layers.DistinctBy(l => l.Digest).ToArray();
        long total = distinct.Sum(l => l.Size);
        long here = distinct.Sum(store.BytesHeld);
        run.At(OfferStep.Copying, here, total);
        foreach (var layer in distinct.Where(l => !store.Has(l)))
        {
            long held = store.BytesHeld(layer);
            long before = here - held;
            long came = held;
            try
            {
                run.Fetched += await PartAsync(() => store.IngestAsync(source, layer, new Relay(bytes =>
                {
                    came = bytes;
                    run.At(OfferStep.Copying, before + bytes, total);
                }), cancellation), source);
            }
            catch
            {
                run.Fetched += Math.Max(0, came - held);
                throw;
            }

            here = before + layer.Size;
        }
    }

    /// <summary>What the index of a set in the store says.</summary>
    /// <exception cref="BundleException">It is not there or damaged.</exception>
    public ChannelIndex Channel(SetReference set) => ChannelIndex.Read(store.ReadManifest(set.Digest));

    /// <summary>What a set in the store consists of.</summary>
    /// <exception cref="BundleException">A manifest is not there or damaged.</exception>
    public IReadOnlyList<InstalledModel> Models(SetReference set) =>
        [.. ChannelIndex.Read(store.ReadManifest(set.Digest)).Models.Select(m => new InstalledModel(
            new ModelVersionKey(m.Name, m.Version), m.Manifest.Digest, ContentOf(m, store.ReadManifest(m.Manifest.Digest))))];

    /// <summary>Every blob a set needs, its manifests included. What is not there names nothing.</summary>
    public void AddBlobs(SetReference set, HashSet<Digest> blobs)
    {
        blobs.Add(set.Digest);
        foreach (var model in Try(() => ChannelIndex.Read(store.ReadManifest(set.Digest)).Models) ?? [])
            AddBlobs(model.Manifest.Digest, blobs);
    }

    /// <summary>The index itself, of which nothing else is here yet.</summary>
    public Task KeepAsync(FetchedManifest index) => store.PutAsync(index.Content);

    /// <summary>The programs a set brings, as far as they are here: only while it is on its way.</summary>
    public void AddPrograms(SetReference set, HashSet<Digest> blobs)
    {
        foreach (var program in Try(() => Channel(set).Programs) ?? [])
            AddBlobs(program.Manifest.Digest, blobs);
    }

    /// <summary>Every blob of one bundle.</summary>
    public void AddBlobs(Digest manifest, HashSet<Digest> blobs)
    {
        blobs.Add(manifest);
        if (Try(() => ManifestJson.ReadManifest(store.ReadManifest(manifest))) is not { } read)
            return;
        blobs.Add(read.Config.Digest);
        blobs.UnionWith(read.Layers.Select(l => l.Digest));
    }

    private static IReadOnlyList<BundleFile> ContentOf(ChannelModel model, byte[] manifest)
    {
        var content = BundleContent.Read(ManifestJson.ReadManifest(manifest));
        return content.Model == model.Name && content.Version == model.Version
            ? content.Files
            : throw new BundleException(BundleError.ForbiddenContent, $"the channel calls {model.Manifest.Digest} {model.Name}/{model.Version}, its bundle says {content.Model}/{content.Version}", "Build the channel again from the right bundles.");
    }

    private static async Task<T> PartAsync<T>(Func<Task<T>> part, IContentSource source)
    {
        try
        {
            return await part();
        }
        catch (BundleException e) when (e.Error == BundleError.NotFound)
        {
            throw new BundleException(BundleError.Incomplete, $"{source.Name} has the channel, but not all it names: {e.Message}", "Copy the whole channel again; what came is kept.", e);
        }
    }

    private static T? Try<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (BundleException)
        {
            return null;
        }
    }

    private sealed class Relay(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
