using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Signing;

namespace EdgeServe.Engine.Bundles.Transfer;

/// <summary>Adds signatures to a channel in an image layout, beside those that are there.</summary>
public static class ChannelSigner
{
    /// <param name="directory">The layout.</param>
    /// <param name="channel">Its tag there.</param>
    /// <param name="keys">One signature each; a key that has signed already signs no second time.</param>
    /// <param name="reference">Where it is to be published: for people, in the payload.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>The signed digest, and how many signatures are new and how many there are.</returns>
    public static async Task<(Digest Digest, int Added, int All)> SignAsync(string directory, string channel, IReadOnlyList<SigningKey> keys, string reference, CancellationToken cancellation)
    {
        var layout = ImageLayout.Open(directory);
        var content = await ChannelContent.ReadAsync(layout, channel, cancellation);
        var digest = content.Index.Digest;
        var there = await Signatures.FetchAsync(layout, digest, cancellation);
        var signed = SignatureCheck.GoodKeys(digest, there, [.. keys.Select(k => k.Public)]);
        var layers = content.Signatures is { } manifest ? Signatures.LayersOf(ManifestJson.ReadManifest(manifest.Content)).ToList() : [];
        int before = layers.Count;
        var writer = ImageLayoutWriter.Open(directory);
        byte[] payload = SimpleSigning.Payload(reference, digest);
        foreach (var key in keys.DistinctBy(k => k.Public.Fingerprint).Where(k => signed.All(s => s.Fingerprint != k.Public.Fingerprint)))
        {
            writer.Add(payload);
            layers.Add(SignatureManifest.Layer(payload, key.Sign(payload)));
        }

        if (layers.Count > ContentLimits.Signatures)
            throw new BundleException(BundleError.TooLarge, $"{digest} would have {layers.Count} signatures, at most {ContentLimits.Signatures} are read", "Sign with fewer keys.");
        if (layers.Count > before)
        {
            var (bytes, config) = SignatureManifest.Write(layers);
            writer.Add(config);
            writer.Tag(Signatures.TagOf(digest), MediaTypes.Manifest, writer.Add(bytes), bytes.Length);
        }

        return (digest, layers.Count - before, layers.Count);
    }
}
