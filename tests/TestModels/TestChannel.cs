using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace EdgeServe.TestModels;

/// <summary>
/// Head office in a test: writes channels and signatures into an OCI image layout, byte by byte and without the product's
/// own writers, so that the two can disagree.
/// </summary>
internal sealed class TestChannel : IDisposable
{
    private const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    private const string Index = "application/vnd.oci.image.index.v1+json";
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly List<(string Name, int Version, List<(string Path, byte[] Content)> Files)> _models = [];

    private readonly List<(string Version, string Architecture, byte[] Package)> _programs = [];

    public string Channel { get; init; } = "clinic";

    public string DeviceClass { get; init; } = "test";

    public string PublicKey => _key.ExportSubjectPublicKeyInfoPem();

    /// <summary>Digest of the last index written.</summary>
    public string Digest { get; private set; } = "";

    /// <summary>Files by their paths in a version's folder.</summary>
    public TestChannel Add(string name, int version, params (string Path, byte[] Content)[] files)
    {
        _models.Add((name, version, [.. files]));
        return this;
    }

    /// <summary>The program for one kind of machine.</summary>
    public TestChannel AddProgram(string version, string architecture, byte[] package)
    {
        _programs.Add((version, architecture, package));
        return this;
    }

    public TestChannel Clear()
    {
        _programs.Clear();
        _models.Clear();
        return this;
    }

    /// <summary>Every file of a shipped model's folder.</summary>
    public TestChannel AddFolder(string name, int version, string folder)
    {
        string[] paths = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(p => Path.GetFileName(p) is "model.onnx" or "model.json" or "model.onnx.data" || p.EndsWith(".txt", StringComparison.Ordinal) || p.Contains("/golden/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
        return Add(name, version, [.. paths.Select(p => (Path.GetRelativePath(folder, p), File.ReadAllBytes(p)))]);
    }

    /// <summary>Writes a signed release, beside what the layout has.</summary>
    /// <param name="layout">Made if need be.</param>
    /// <param name="release">Its number.</param>
    /// <param name="change">Alters the index before it is signed.</param>
    /// <param name="signers">Who signs; none given: head office's own key.</param>
    public string Write(string layout, long release, Action<JsonObject>? change = null, params ECDsa[] signers)
    {
        Directory.CreateDirectory(Path.Combine(layout, "blobs", "sha256"));
        File.WriteAllText(Path.Combine(layout, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        var index = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = Index,
            ["manifests"] = new JsonArray([.. _models.Select(m => (JsonNode)Bundle(layout, m.Name, m.Version, m.Files)), .. _programs.Select(p => (JsonNode)Program(layout, p.Version, p.Architecture, p.Package))]),
            ["annotations"] = new JsonObject
            {
                ["io.edgeserve.type"] = "channel",
                ["io.edgeserve.channel"] = Channel,
                ["io.edgeserve.release"] = release.ToString(CultureInfo.InvariantCulture),
                ["io.edgeserve.device-class"] = DeviceClass,
                ["io.edgeserve.created"] = "2026-11-20T10:00:00Z",
            },
        };
        change?.Invoke(index);
        var descriptor = Blob(layout, Encoding.UTF8.GetBytes(index.ToJsonString()), Index);
        Digest = (string)descriptor["digest"]!;
        var signature = Blob(layout, Encoding.UTF8.GetBytes(Sign(layout, Digest, signers.Length == 0 ? [_key] : signers).ToJsonString()), Manifest);
        descriptor["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = Channel };
        signature["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = $"sha256-{Digest[7..]}.sig" };
        File.WriteAllText(Path.Combine(layout, "index.json"), new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(descriptor, signature) }.ToJsonString());
        return Digest;
    }

    public void Dispose() => _key.Dispose();

    private static JsonObject Sign(string layout, string digest, ECDsa[] signers)
    {
        byte[] payload = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["critical"] = new JsonObject
            {
                ["identity"] = new JsonObject { ["docker-reference"] = "registry.example/clinic" },
                ["image"] = new JsonObject { ["docker-manifest-digest"] = digest },
                ["type"] = "cosign container image signature",
            },
            ["optional"] = null,
        }.ToJsonString());
        var layers = signers.Select(signer =>
        {
            var layer = Blob(layout, payload, "application/vnd.dev.cosign.simplesigning.v1+json");
            byte[] signature = signer.SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
            layer["annotations"] = new JsonObject { ["dev.cosignproject.cosign/signature"] = Convert.ToBase64String(signature) };
            return (JsonNode)layer;
        });
        return new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = Manifest,
            ["config"] = Blob(layout, "{}"u8.ToArray(), "application/vnd.oci.image.config.v1+json"),
            ["layers"] = new JsonArray([.. layers]),
        };
    }

    private static JsonObject Bundle(string layout, string name, int version, List<(string Path, byte[] Content)> files)
    {
        JsonObject Annotations() => new() { ["io.edgeserve.model"] = name, ["io.edgeserve.version"] = version.ToString(CultureInfo.InvariantCulture) };
        var layers = files.Select(f =>
        {
            var layer = Blob(layout, f.Content, MediaType(f.Path));
            layer["annotations"] = new JsonObject { ["org.cncf.model.filepath"] = f.Path, ["org.opencontainers.image.title"] = f.Path };
            return (JsonNode)layer;
        });
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = Manifest,
            ["artifactType"] = "application/vnd.cncf.model.manifest.v1+json",
            ["config"] = Blob(layout, "{}"u8.ToArray(), "application/vnd.cncf.model.config.v1+json"),
            ["layers"] = new JsonArray([.. layers]),
            ["annotations"] = Annotations(),
        };
        var descriptor = Blob(layout, Encoding.UTF8.GetBytes(manifest.ToJsonString()), Manifest);
        descriptor["annotations"] = Annotations();
        return descriptor;
    }

    private static JsonObject Program(string layout, string version, string architecture, byte[] package)
    {
        JsonObject Annotations() => new() { ["io.edgeserve.program"] = version, ["io.edgeserve.architecture"] = architecture };
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = Manifest,
            ["artifactType"] = "application/vnd.edgeserve.program.manifest.v1+json",
            ["config"] = Blob(layout, "{}"u8.ToArray(), "application/vnd.edgeserve.program.config.v1+json"),
            ["layers"] = new JsonArray(Blob(layout, package, "application/vnd.debian.binary-package")),
            ["annotations"] = Annotations(),
        };
        var descriptor = Blob(layout, Encoding.UTF8.GetBytes(manifest.ToJsonString()), Manifest);
        descriptor["annotations"] = Annotations();
        return descriptor;
    }

    private static string MediaType(string path) => path switch
    {
        "model.onnx" => "application/vnd.cncf.model.weight.v1.raw",
        "model.onnx.data" => "application/vnd.edgeserve.external-data.v1",
        "model.json" => "application/vnd.edgeserve.definition.v1+json",
        _ when path.StartsWith("golden/", StringComparison.Ordinal) => "application/vnd.edgeserve.golden.v1",
        _ => "application/vnd.cncf.model.weight.config.v1.raw",
    };

    private static JsonObject Blob(string layout, byte[] content, string mediaType)
    {
        string hex = Convert.ToHexStringLower(SHA256.HashData(content));
        File.WriteAllBytes(Path.Combine(layout, "blobs", "sha256", hex), content);
        return new JsonObject { ["mediaType"] = mediaType, ["digest"] = "sha256:" + hex, ["size"] = content.Length };
    }
}
