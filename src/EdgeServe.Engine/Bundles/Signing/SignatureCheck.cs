namespace EdgeServe.Engine.Bundles.Signing;

/// <summary>Have enough of the trusted keys signed it? Counted are distinct keys: not signatures, and not what a signature says of itself.</summary>
public static class SignatureCheck
{
    /// <exception cref="BundleException"><see cref="BundleError.Unsigned"/>, <see cref="BundleError.ThresholdNotMet"/>.</exception>
    public static void Require(Digest digest, IReadOnlyList<Signature> signatures, IReadOnlyList<TrustedKey> trusted, int threshold)
    {
        if (signatures.Count == 0)
            throw new BundleException(BundleError.Unsigned, $"{digest} is not signed", $"Sign it, and copy the signature too: it is tagged {Signatures.TagOf(digest)}.");
        int good = GoodKeys(digest, signatures, trusted).Count;
        // A threshold of nothing would let anything in.
        if (good < Math.Max(1, threshold))
        {
            throw new BundleException(BundleError.ThresholdNotMet, $"{good} of the {trusted.Count} trusted keys have signed {digest}, {threshold} must",
                "Have it signed by more of those whom this device trusts.");
        }
    }

    /// <returns>The distinct trusted keys that signed exactly this digest.</returns>
    public static IReadOnlyList<TrustedKey> GoodKeys(Digest digest, IReadOnlyList<Signature> signatures, IReadOnlyList<TrustedKey> trusted) =>
        [.. trusted.DistinctBy(k => k.Fingerprint).Where(k => signatures.Any(s => k.Verifies(s.Payload, s.Value) && Names(s.Payload, digest)))];

    private static bool Names(byte[] payload, Digest digest)
    {
        try
        {
            return SimpleSigning.Read(payload) == digest;
        }
        catch (BundleException)
        {
            // A trusted key signed something else.
            return false;
        }
    }
}
