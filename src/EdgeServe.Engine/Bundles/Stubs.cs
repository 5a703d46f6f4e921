#pragma warning disable
// Stand-ins until the formats arrive; never merged.
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Bundles
{
    public sealed record Manifest(string? MediaType, string? ArtifactType, Descriptor Config, IReadOnlyList<Descriptor> Layers, Descriptor? Subject, IReadOnlyDictionary<string, string> Annotations);
    public static class ManifestJson
    {
        public static Manifest ReadManifest(ReadOnlyMemory<byte> b)
        {
            var r = JsonDocument.Parse(b).RootElement;
            return new Manifest(null, null, D(r.GetProperty("config")), [.. r.GetProperty("layers").EnumerateArray().Select(D)], null, A(r));
        }
        public static Descriptor D(JsonElement e) => new(e.GetProperty("mediaType").GetString()!, Digest.TryParse(e.GetProperty("digest").GetString(), out var d) ? d : throw new BundleException(BundleError.Malformed, "digest"), e.GetProperty("size").GetInt64(), A(e));
        public static Dictionary<string, string> A(JsonElement e) => e.TryGetProperty("annotations", out var a) ? a.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!) : [];
    }
}
namespace EdgeServe.Engine.Bundles.Channels
{
    public sealed record ChannelModel(string Name, long Version, Descriptor Manifest);
    public sealed record ChannelIndex(string Channel, long Release, IReadOnlyList<string> DeviceClasses, DateTimeOffset Created, DateTimeOffset? Expires, string? MinProgram, IReadOnlyList<ChannelModel> Models)
    {
        public static ChannelIndex Read(ReadOnlyMemory<byte> b)
        {
            var r = JsonDocument.Parse(b).RootElement;
            var a = ManifestJson.A(r);
            if (a.GetValueOrDefault(AnnotationNames.Type) != "channel") throw new BundleException(BundleError.NotAChannel, "not a channel");
            return new ChannelIndex(a[AnnotationNames.Channel], long.Parse(a[AnnotationNames.Release]), a[AnnotationNames.DeviceClass].Split(','), DateTimeOffset.Parse(a[AnnotationNames.Created], CultureInfo.InvariantCulture),
                a.TryGetValue(AnnotationNames.Expires, out var x) ? DateTimeOffset.Parse(x, CultureInfo.InvariantCulture) : null, a.GetValueOrDefault(AnnotationNames.MinProgram),
                [.. r.GetProperty("manifests").EnumerateArray().Select(ManifestJson.D).Select(d => new ChannelModel(d.Annotation(AnnotationNames.Model)!, long.Parse(d.Annotation(AnnotationNames.Version)!), d))]);
        }
    }
}
namespace EdgeServe.Engine.Bundles.Packing
{
    public sealed record BundleFile(string Path, Descriptor Layer);
    public sealed record BundleContent(string Model, long Version, IReadOnlyList<BundleFile> Files)
    {
        public static BundleContent Read(Manifest m) => new(m.Annotations[AnnotationNames.Model], long.Parse(m.Annotations[AnnotationNames.Version]), [.. m.Layers.Where(l => l.MediaType != MediaTypes.Document).Select(l => new BundleFile(l.MediaType switch
        {
            MediaTypes.Weight => "model.onnx", MediaTypes.Definition => "model.json", MediaTypes.ExternalData => "model.onnx.data",
            MediaTypes.WeightConfig or MediaTypes.Golden => l.Annotation(AnnotationNames.FilePath)!, _ => throw new BundleException(BundleError.ForbiddenContent, l.MediaType) }, l))]);
    }
}
namespace EdgeServe.Engine.Bundles.Signing
{
    public sealed record Signature(byte[] Payload, byte[] Value);
    public sealed record TrustedKey(string Fingerprint, string Pem) { public static TrustedKey FromPem(string pem) { using var k = ECDsa.Create(); k.ImportFromPem(pem); return new(Convert.ToHexStringLower(SHA256.HashData(k.ExportSubjectPublicKeyInfo())), pem); } }
    public static class Signatures
    {
        public static async Task<IReadOnlyList<Signature>> FetchAsync(IContentSource s, Digest d, CancellationToken ct)
        {
            FetchedManifest m;
            try { m = (await s.ResolveAsync($"sha256-{d.Hex}.sig", null, ct))!; } catch (BundleException e) when (e.Error == BundleError.NotFound) { return []; }
            var list = new List<Signature>();
            foreach (var l in ManifestJson.ReadManifest(m.Content).Layers)
            {
                var b = await s.BlobAsync(l, 0, ct); using var ms = new MemoryStream(); await b.Content.CopyToAsync(ms, ct); await b.Content.DisposeAsync();
                list.Add(new Signature(ms.ToArray(), Convert.FromBase64String(l.Annotation(AnnotationNames.CosignSignature)!)));
            }
            return list;
        }
    }
    public static class SignatureCheck
    {
        public static void Require(Digest d, IReadOnlyList<Signature> s, IReadOnlyList<TrustedKey> keys, int t)
        {
            if (s.Count == 0) throw new BundleException(BundleError.Unsigned, "no signature");
            int good = keys.Count(k => { using var e = ECDsa.Create(); e.ImportFromPem(k.Pem); return s.Any(x => System.Text.Encoding.UTF8.GetString(x.Payload).Contains(d.ToString()) && e.VerifyData(x.Payload, x.Value, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)); });
            if (good < t) throw new BundleException(BundleError.ThresholdNotMet, $"{good} of {t}");
        }
    }
}
namespace EdgeServe.Engine.Bundles.Layout
{
    public sealed class ImageLayout(string path) : IContentSource
    {
        public static ImageLayout Open(string p) => File.Exists(Path.Combine(p, "index.json")) ? new(p) : throw new BundleException(BundleError.NotFound, $"{p} is no image layout");
        public string Name => path;
        public async Task<FetchedManifest?> ResolveAsync(string tag, Digest? known, CancellationToken ct)
        {
            var e = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(path, "index.json"))).RootElement.GetProperty("manifests").EnumerateArray().Select(ManifestJson.D).FirstOrDefault(d => d.Annotation(AnnotationNames.RefName) == tag)
                ?? throw new BundleException(BundleError.NotFound, $"{tag} is not there");
            return e.Digest == known ? null : await ManifestAsync(e, ct);
        }
        public async Task<FetchedManifest> ManifestAsync(Descriptor d, CancellationToken ct)
        {
            var c = await File.ReadAllBytesAsync(P(d), ct);
            if (Digest.Of(c) != d.Digest) throw new BundleException(BundleError.DigestMismatch, $"{d.Digest} is damaged");
            return new FetchedManifest(d.MediaType, d.Digest, c);
        }
        public async Task<BlobStream> BlobAsync(Descriptor d, long offset, CancellationToken ct) { var f = File.OpenRead(P(d)); f.Position = offset; return new BlobStream(f, offset); }
        string P(Descriptor d) { var p = Path.Combine(path, "blobs", "sha256", d.Digest.Hex); return File.Exists(p) ? p : throw new BundleException(BundleError.NotFound, $"{d.Digest} is not there"); }
    }
}
