using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Channels;
using EdgeServe.Engine.Bundles.Signing;

namespace EdgeServe.Engine.Updates;

/// <summary>Step 2 of the update flow, the same for the service and for root's helper: whose word it is, then whether it may be taken.</summary>
internal static class ChannelVerification
{
    /// <param name="source">Not trusted.</param>
    /// <param name="terms">Whom to believe.</param>
    /// <param name="trust">How far the channel has come; asked for when the signatures are good. Not changed.</param>
    /// <param name="known">Believed already: an index with this digest is not verified again.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <returns>Null when the source still has <paramref name="known"/>.</returns>
    /// <exception cref="BundleException">The first thing that is wrong with it.</exception>
    public static async Task<(FetchedManifest Index, ChannelIndex Channel)?> RunAsync(IContentSource source, UpdateTerms terms, Func<TrustState> trust, Digest? known, CancellationToken cancellation)
    {
        var index = await source.ResolveAsync(terms.Channel, known, cancellation);
        if (index is null || index.Digest == known)
            return null;
        if (index.MediaType is MediaTypes.Manifest or MediaTypes.DockerManifest)
        {
            throw new BundleException(BundleError.WrittenWithoutAll, $"{source.Name} has a single model where channel {terms.Channel} should be: it was written without --all",
                "Copy it again: skopeo copy --all --preserve-digests");
        }

        // Who signed it comes before what it says.
        var signatures = await Signatures.FetchAsync(source, index.Digest, cancellation);
        SignatureCheck.Require(index.Digest, signatures, terms.Keys, terms.Threshold);
        var channel = ChannelIndex.Read(index.Content);
        ChannelPolicy.Require(channel, index.Digest, terms, trust());
        return (index, channel);
    }
}
