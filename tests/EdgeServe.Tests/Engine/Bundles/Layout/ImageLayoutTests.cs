using System.Text.Json.Nodes;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Bundles.Transfer;
using EdgeServe.TestModels;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Bundles.Layout;

/// <summary>Layouts in the shapes that tools write: every one is read, none is refused.</summary>
public sealed class ImageLayoutTests
{
    private const string RefName = "org.opencontainers.image.ref.name";
    private const string Manifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>How the channel's entry and its signatures' are named.</summary>
    public static readonly string[] Names = ["ref.name", "full reference", "cosign kind", "untagged", "named twice, same digest"];

    /// <summary>What else is in index.json or beside it.</summary>
    public static readonly string[] Company =
    [
        "nothing else", "children listed too", "an older release without a name", "an older release under another name", "another channel", "unknown files and blobs",
        "no oci-layout file", "capitals", "media type and artifactType said", "platforms, urls and data on entries", "strangers' images", "pretty-printed",
    ];

    public static TheoryData<string, string> Shapes() => new([.. Names.SelectMany(n => Company.Select(c => (n, c)))]);

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Every_writers_layout_is_read(string naming, string company)
    {
        using var folder = new TempFolder();
        using var office = new TestChannel();
        string path = folder["stick"];
        office.Add("add", 1, ("model.onnx", [1, 2, 3]));
        office.Write(path, 1);
        var older = Entries(path);
        office.Clear().Add("add", 2, ("model.onnx", [4, 5, 6]));
        string digest = office.Write(path, 2);
        Shape(path, older, naming, company);

        var layout = ImageLayout.Open(path);
        var found = await layout.ResolveAsync(office.Channel, null, TestContext.Current.CancellationToken);
        Assert.Equal(digest, found!.Digest.ToString());
        Assert.Equal(MediaTypes.Index, found.MediaType);
        Assert.Null(await layout.ResolveAsync(office.Channel, found.Digest, TestContext.Current.CancellationToken));
        var signatures = await Signatures.FetchAsync(layout, found.Digest, TestContext.Current.CancellationToken);
        SignatureCheck.Require(found.Digest, signatures, [TrustedKey.FromPem(office.PublicKey)], 1);
        var content = await ChannelContent.ReadAsync(layout, office.Channel, TestContext.Current.CancellationToken);
        Assert.Equal(2, content.Channel.Models.Single().Version);
        foreach (var blob in content.Blobs)
            await (await layout.BlobAsync(blob, 0, TestContext.Current.CancellationToken)).Content.DisposeAsync();
    }

    private static JsonArray Entries(string path) => JsonNode.Parse(File.ReadAllBytes(Path.Combine(path, "index.json")))!["manifests"]!.AsArray();

    private static void Shape(string path, JsonArray older, string naming, string company)
    {
        var entries = Entries(path);
        var (index, signature) = ((JsonObject)entries[0]!, (JsonObject)entries[1]!);
        switch (naming)
        {
            case "full reference":
                index["annotations"]![RefName] = "registry.example:5000/models/all:" + index["annotations"]![RefName];
                signature["annotations"]![RefName] = "registry.example:5000/models/all:" + signature["annotations"]![RefName];
                break;
            case "cosign kind":
                index["annotations"] = new JsonObject { ["kind"] = "dev.cosignproject.cosign/imageIndex" };
                signature["annotations"] = new JsonObject { ["kind"] = "dev.cosignproject.cosign/sigs" };
                break;
            case "untagged":
                index.Remove("annotations");
                signature.Remove("annotations");
                break;
            case "named twice, same digest":
                entries.Add(index.DeepClone());
                entries.Add(signature.DeepClone());
                break;
        }

        var root = new JsonObject { ["schemaVersion"] = 2 };
        switch (company)
        {
            case "children listed too":
                foreach (var child in JsonNode.Parse(File.ReadAllBytes(Blob(path, index)))!["manifests"]!.AsArray())
                    entries.Insert(0, child!.DeepClone());
                break;
            case "an older release without a name": // re-tagged by skopeo; its own annotations name the channel too
                if (naming is "ref.name" or "full reference" or "named twice, same digest")
                    entries.Add(Without(older[0]!));
                break;
            case "an older release under another name":
                if (naming is "ref.name" or "full reference" or "named twice, same digest")
                {
                    var kept = older[0]!.DeepClone();
                    kept["annotations"]![RefName] = "clinic-1";
                    entries.Insert(0, kept);
                }

                break;
            case "another channel":
                using (var elsewhere = new TestChannel { Channel = "field" })
                {
                    elsewhere.Add("add", 9, ("model.onnx", [9]));
                    string other = Path.Combine(path, "..", "field");
                    elsewhere.Write(other, 5);
                    foreach (string blob in Directory.EnumerateFiles(Path.Combine(other, "blobs", "sha256")))
                        File.Copy(blob, Path.Combine(path, "blobs", "sha256", Path.GetFileName(blob)), overwrite: true);
                    // cosign save writes one channel to a folder.
                    if (naming != "cosign kind")
                    {
                        foreach (var entry in Entries(other))
                            entries.Insert(0, naming == "untagged" ? Without(entry!) : entry!.DeepClone());
                    }
                }

                break;
            case "unknown files and blobs":
                File.WriteAllText(Path.Combine(path, "README.TXT"), "for the carrier");
                File.WriteAllText(Path.Combine(path, "blobs", "sha256", "not-a-digest"), "x");
                Directory.CreateDirectory(Path.Combine(path, "blobs", "sha512"));
                File.WriteAllText(Path.Combine(path, "blobs", "sha256", new string('0', 64)), "nobody's");
                break;
            case "no oci-layout file":
                File.Delete(Path.Combine(path, "oci-layout"));
                break;
            case "media type and artifactType said":
                root["mediaType"] = "application/vnd.oci.image.index.v1+json";
                index["artifactType"] = "application/vnd.example.channel";
                break;
            case "platforms, urls and data on entries":
                index["platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = "arm64" };
                index["urls"] = new JsonArray("https://registry.example/elsewhere");
                index["data"] = "e30=";
                break;
            case "strangers' images":
                entries.Insert(0, Stranger(path, "latest"));
                entries.Add(Stranger(path, null));
                break;
        }

        root["manifests"] = JsonNode.Parse(entries.ToJsonString());
        File.WriteAllText(Path.Combine(path, "index.json"), root.ToJsonString(new() { WriteIndented = company == "pretty-printed" }));
        if (company == "capitals")
        {
            File.Move(Path.Combine(path, "index.json"), Path.Combine(path, "INDEX.JSON"));
            File.Move(Path.Combine(path, "oci-layout"), Path.Combine(path, "OCI-LAYOUT"));
            Directory.Move(Path.Combine(path, "blobs", "sha256"), Path.Combine(path, "blobs", "SHA256"));
            Directory.Move(Path.Combine(path, "blobs"), Path.Combine(path, "BLOBS"));
        }
    }

    private static JsonNode Without(JsonNode entry)
    {
        var copy = entry.DeepClone();
        copy.AsObject().Remove("annotations");
        return copy;
    }

    private static JsonObject Stranger(string path, string? tag)
    {
        byte[] content = System.Text.Encoding.UTF8.GetBytes($$$"""{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:{{{new string('1', 64)}}}","size":2},"layers":[],"annotations":{"a":"{{{tag}}}"}}""");
        var digest = Digest.Of(content);
        File.WriteAllBytes(Path.Combine(path, "blobs", "sha256", digest.Hex), content);
        var entry = new JsonObject { ["mediaType"] = Manifest, ["digest"] = digest.ToString(), ["size"] = content.Length };
        if (tag is not null)
            entry["annotations"] = new JsonObject { [RefName] = tag };
        return entry;
    }

    private static string Blob(string path, JsonObject entry) => Path.Combine(path, "blobs", "sha256", ((string)entry["digest"]!)[7..]);
}
