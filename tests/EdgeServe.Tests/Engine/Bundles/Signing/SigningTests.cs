using System.Text;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Signing;

namespace EdgeServe.Tests.Engine.Bundles.Signing;

public sealed class SigningTests
{
    private static readonly Digest Signed = Digest.Of("index"u8);
    private static readonly Digest Other = Digest.Of("another"u8);

    [Fact]
    public void A_threshold_counts_distinct_trusted_keys()
    {
        using var a = SigningKey.Generate();
        using var b = SigningKey.Generate();
        using var stranger = SigningKey.Generate();
        byte[] payload = SimpleSigning.Payload("", Signed);
        Signature By(SigningKey key) => new(payload, key.Sign(payload));
        TrustedKey[] trusted = [a.Public, b.Public, TrustedKey.FromPem(a.Public.Pem.ReplaceLineEndings("\r\n"))];

        SignatureCheck.Require(Signed, [By(a), By(stranger), By(b)], trusted, 2);
        Refused(BundleError.ThresholdNotMet, [By(a), By(a), By(a)], trusted, 2);
        Refused(BundleError.ThresholdNotMet, [By(stranger)], trusted, 1);
        Refused(BundleError.ThresholdNotMet, [By(stranger)], trusted, 0);
        Refused(BundleError.Unsigned, [], trusted, 1);
    }

    [Fact]
    public void A_signature_over_something_else_does_not_count()
    {
        using var key = SigningKey.Generate();
        foreach (byte[] payload in (byte[][])
        [
            SimpleSigning.Payload("", Other),
            Encoding.UTF8.GetBytes(Signed.ToString()),
            Encoding.UTF8.GetBytes($$$"""{"critical":{"image":{"docker-manifest-digest":"{{{Other}}}","docker-manifest-digest":"{{{Signed}}}"},"type":"cosign container image signature"}}"""),
            Encoding.UTF8.GetBytes($$$"""{"critical":{"image":{"docker-manifest-digest":"{{{Signed}}}"},"type":"something else"}}"""),
            Encoding.UTF8.GetBytes($$$"""{"optional":{"docker-manifest-digest":"{{{Signed}}}"}}"""),
        ])
            Refused(BundleError.ThresholdNotMet, [new Signature(payload, key.Sign(payload))], [key.Public], 1);
        byte[] right = SimpleSigning.Payload("", Signed);
        byte[] signature = key.Sign(right);
        signature[^1] ^= 1;
        Refused(BundleError.ThresholdNotMet, [new Signature(right, signature), new Signature(right, []), new Signature([], key.Sign(right))], [key.Public], 1);
    }

    [Fact]
    public void What_others_put_beside_the_statement_is_let_stand()
    {
        string payload = $$$"""{ "critical" : {"identity":{"docker-reference":"r"},"image":{"docker-manifest-digest":"{{{Signed}}}"},"type":"cosign container image signature"}, "optional":{"by":"x","when":1} }""";
        Assert.Equal(Signed, SimpleSigning.Read(Encoding.UTF8.GetBytes(payload)));
    }

    [Fact]
    public void A_key_opens_with_its_passphrase_only()
    {
        using var key = SigningKey.Generate();
        string pem = key.ToPem("hush");
        Assert.True(SigningKey.IsEncrypted(pem));
        using var opened = SigningKey.FromPem(pem, "hush");
        Assert.Equal(key.Public, opened.Public);
        Assert.Equal(BundleError.Unauthorized, Assert.Throws<BundleException>(() => SigningKey.FromPem(pem, "loud")).Error);
        Assert.Equal(BundleError.Malformed, Assert.Throws<BundleException>(() => SigningKey.FromPem(key.Public.Pem, null)).Error);
        Assert.Contains("cosign's own", Assert.Throws<BundleException>(() => SigningKey.FromPem("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----", null)).Message, StringComparison.Ordinal);
    }

    private static void Refused(BundleError error, Signature[] signatures, TrustedKey[] trusted, int threshold) =>
        Assert.Equal(error, Assert.Throws<BundleException>(() => SignatureCheck.Require(Signed, signatures, trusted, threshold)).Error);
}
