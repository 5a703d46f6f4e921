using System.Text;
using CsCheck;
using EdgeServe.Engine.Bundles;

namespace EdgeServe.Tests.Engine.Bundles;

public sealed class ManifestJsonTests
{
    private static readonly Gen<Descriptor> Descriptors =
        Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 40], Gen.Byte.Array[32], Gen.Long[0, 1L << 40], Gen.Dictionary(Gen.String[1, 20], Gen.String[0, 30])[0, 4])
            .Select((type, hash, size, annotations) => new Descriptor(type, Digest.FromHash(hash), size, annotations));

    [Fact]
    public void What_is_written_is_read_and_written_again_byte_for_byte() =>
        Gen.Select(Descriptors, Descriptors.Array[0, 20], Gen.Dictionary(Gen.String[1, 20], Gen.String[0, 30])[0, 4]).Sample((config, layers, annotations) =>
        {
            if (!annotations.Concat(layers.Append(config).SelectMany(l => l.Annotations)).All(a => IsText(a.Key) && IsText(a.Value)))
                return;
            byte[] written = ManifestJson.Write(new Manifest(MediaTypes.Manifest, MediaTypes.Model, config, layers, null, annotations));
            Assert.Equal(written, ManifestJson.Write(ManifestJson.ReadManifest(written)));
            byte[] index = ManifestJson.Write(new ContentIndex(MediaTypes.Index, null, layers, annotations));
            Assert.Equal(index, ManifestJson.Write(ManifestJson.ReadIndex(index)));
        });

    [Fact]
    public void Any_damage_is_read_or_refused_by_name()
    {
        byte[] good = ManifestJson.Write(new Manifest(MediaTypes.Manifest, MediaTypes.Model, new Descriptor(MediaTypes.ModelConfig, Digest.Of([1]), 1), [new Descriptor(MediaTypes.Weight, Digest.Of([2]), 2)], null, new Dictionary<string, string> { ["a"] = "b" }));
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, 3]).Sample((at, value, how) =>
        {
            byte[] damaged = how switch { 0 => good[..at], 1 => [.. good[..at], value, .. good[at..]], 2 => [.. good[..at], .. good[(at + 1)..]], _ => [.. good] };
            if (how == 3)
                damaged[at] = value;
            foreach (Action read in (Action[])[() => ManifestJson.ReadManifest(damaged), () => ManifestJson.ReadIndex(damaged), () => ManifestJson.MediaTypeOf(damaged)])
            {
                if (Record.Exception(read) is { } e)
                    Assert.IsType<BundleException>(e);
            }
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"schemaVersion":1,"manifests":[]}""")]
    [InlineData("""{"schemaVersion":2}""")]
    [InlineData("""{"schemaVersion":2,"manifests":{}}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[],"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[],"manifests":[]}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[],"mediaType":"text/plain"}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[]} {}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[null]}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"sha256:ABC","size":1}]}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"sha512:0000000000000000000000000000000000000000000000000000000000000000","size":1}]}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":-1}]}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":1.5}]}""")]
    [InlineData("""{"schemaVersion":2,"manifests":[],"annotations":{"a":1}}""")]
    public void What_is_no_index_is_malformed(string json) =>
        Assert.Equal(BundleError.Malformed, Assert.Throws<BundleException>(() => ManifestJson.ReadIndex(Encoding.UTF8.GetBytes(json))).Error);

    private static bool IsText(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text;
}
