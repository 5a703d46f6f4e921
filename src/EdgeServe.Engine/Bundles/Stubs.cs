#pragma warning disable
namespace EdgeServe.Engine.Bundles
{
    public sealed record Manifest(string? MediaType, string? ArtifactType, Descriptor Config, IReadOnlyList<Descriptor> Layers, Descriptor? Subject, IReadOnlyDictionary<string, string> Annotations);
    public static class ManifestJson { public static Manifest ReadManifest(ReadOnlyMemory<byte> b) => throw new NotImplementedException(); }
}
namespace EdgeServe.Engine.Bundles.Channels
{
    public sealed record ChannelModel(string Name, long Version, Descriptor Manifest);
    public sealed record ChannelIndex(string Channel, long Release, IReadOnlyList<string> DeviceClasses, DateTimeOffset Created, DateTimeOffset? Expires, string? MinProgram, IReadOnlyList<ChannelModel> Models)
    { public static ChannelIndex Read(ReadOnlyMemory<byte> b) => throw new NotImplementedException(); }
}
namespace EdgeServe.Engine.Bundles.Packing
{
    public sealed record BundleFile(string Path, Descriptor Layer);
    public sealed record BundleContent(string Model, long Version, IReadOnlyList<BundleFile> Files) { public static BundleContent Read(Manifest m) => throw new NotImplementedException(); }
}
namespace EdgeServe.Engine.Bundles.Signing
{
    public sealed record Signature(byte[] P, byte[] S);
    public sealed record TrustedKey(string Fingerprint) { public static TrustedKey FromPem(string pem) => throw new NotImplementedException(); }
    public static class Signatures { public static Task<IReadOnlyList<Signature>> FetchAsync(IContentSource s, Digest d, CancellationToken ct) => throw new NotImplementedException(); }
    public static class SignatureCheck { public static void Require(Digest d, IReadOnlyList<Signature> s, IReadOnlyList<TrustedKey> k, int t) => throw new NotImplementedException(); }
}
namespace EdgeServe.Engine.Bundles.Store
{
    internal static class Scrub { public static Task<ScrubReport> RunAsync(System.IO.FileInfo[] f, TimeProvider t, CancellationToken c) => throw new NotImplementedException(); }
}
namespace EdgeServe.Engine.Bundles.Layout { public static class ImageLayout { public static IContentSource Open(string p) => throw new NotImplementedException(); } }
