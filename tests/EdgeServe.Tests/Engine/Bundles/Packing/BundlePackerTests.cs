using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Packing;
using EdgeServe.Engine.Models;
using EdgeServe.TestModels;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Bundles.Packing;

public sealed class BundlePackerTests
{
    private static readonly ModelVersionKey Key = new("add", 3);

    [Fact]
    public void The_same_files_have_the_same_digest_whenever_and_wherever()
    {
        using var folder = new TempFolder();
        var first = Pack(Folder(folder["a/3"]), folder["one"]);
        var second = Pack(Folder(folder["b/3"]), folder["two"]);
        Assert.Equal(first.Digest, second.Digest);
        Assert.Equal(first.Digest, Pack(folder["a/3"], folder["one"]).Digest);
        File.AppendAllText(folder["b/3/labels.txt"], "more\n");
        Assert.NotEqual(first.Digest, Pack(folder["b/3"], folder["two"]).Digest);
    }

    [Fact]
    public async Task What_is_packed_is_what_a_device_installs()
    {
        using var folder = new TempFolder();
        string source = Folder(folder["add/3"]);
        File.WriteAllText(folder["add/LICENSE"], "do as you please");
        var packed = Pack(source, folder["lay"]);
        var manifest = ManifestJson.ReadManifest((await ImageLayout.Open(folder["lay"]).ManifestAsync(packed, TestContext.Current.CancellationToken)).Content);
        var content = BundleContent.Read(manifest);
        Assert.Equal((Key.Name, Key.Version), (content.Model, content.Version));
        Assert.Equal(["golden/sum.json", "labels.txt", "model.json", "model.onnx"], content.Files.Select(f => f.Path));
        Assert.Contains(manifest.Layers, l => l.MediaType == MediaTypes.Document && l.Annotation(AnnotationNames.FilePath) == "LICENSE");
        foreach (var file in content.Files)
            Assert.Equal(Digest.Of(File.ReadAllBytes(Path.Combine(source, file.Path))), file.Layer.Digest);
    }

    [Fact]
    public async Task Another_precision_is_packed_beside_the_graph()
    {
        using var folder = new TempFolder();
        string source = Folder(folder["add/3"]);
        File.WriteAllBytes(Path.Combine(source, "model.fp32.onnx"), TestGraphs.Reciprocal());
        var manifest = ManifestJson.ReadManifest((await ImageLayout.Open(folder["lay"]).ManifestAsync(Pack(source, folder["lay"]), TestContext.Current.CancellationToken)).Content);
        Assert.Equal(["model.fp32.onnx", "model.onnx"], BundleContent.Read(manifest).Files.Where(f => f.Layer.MediaType == MediaTypes.Weight).Select(f => f.Path));
    }

    [Fact]
    public void A_definition_that_wants_a_graph_that_is_not_there_is_not_packed()
    {
        using var folder = new TempFolder();
        string source = Folder(folder["add/3"]);
        File.WriteAllText(Path.Combine(source, "model.json"), "{\"execution\":{\"graph\":\"model.fp32.onnx\"}}");
        Assert.Null(BundlePacker.Pack(source, Key, folder["lay"], "t", null, out var errors));
        Assert.Contains(errors, e => e.Contains("execution.graph is model.fp32.onnx", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("model.fp32.onnx", "model.fp32.onnx")]
    [InlineData("weights.onnx", "model.onnx")]
    [InlineData("../model.fp32.onnx", "model.onnx")]
    [InlineData("model.FP32.onnx", "model.onnx")]
    [InlineData("model..onnx", "model.onnx")]
    [InlineData("model.a.b.onnx", "model.onnx")]
    public void A_graph_gets_a_name_that_graphs_have(string said, string name)
    {
        var other = new Descriptor(MediaTypes.Weight, Digest.Of([2]), 1, new Dictionary<string, string> { [AnnotationNames.FilePath] = said });
        Assert.Equal(name, BundleContent.Read(Bundle(other) with { Layers = name == "model.onnx" ? [other] : [new Descriptor(MediaTypes.Weight, Digest.Of([3]), 1), other] }).Files[^1].Path);
    }

    [Fact]
    public void The_only_graph_is_the_model_whatever_its_name()
    {
        var only = new Descriptor(MediaTypes.Weight, Digest.Of([2]), 1, new Dictionary<string, string> { [AnnotationNames.FilePath] = "model.fp32.onnx" });
        Assert.Equal(BundleContent.ModelFile, Assert.Single(BundleContent.Read(Bundle(only) with { Layers = [only] }).Files).Path);
    }

    [Fact]
    public void Every_file_that_no_device_takes_is_named_and_nothing_is_written()
    {
        using var folder = new TempFolder();
        string source = Folder(folder["add/3"]);
        File.WriteAllText(Path.Combine(source, "run.sh"), "#!/bin/sh");
        File.WriteAllText(Path.Combine(source, "golden", "a b.json"), "{}");
        File.WriteAllText(Path.Combine(source, "model.json"), """{"max_batch_size":"eight","colour":1}""");
        Assert.Null(BundlePacker.Pack(source, Key, folder["lay"], "t", null, out var errors));
        Assert.Contains(errors, e => e.StartsWith("run.sh", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.StartsWith("golden/a b.json", StringComparison.Ordinal));
        Assert.Equal(2, errors.Count(e => e.StartsWith("model.json:", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(folder["lay"]));
    }

    [Theory]
    [InlineData("../x.txt")]
    [InlineData("/etc/x.txt")]
    [InlineData("model.json")]
    [InlineData("MODEL.ONNX.txt/../x.json")]
    [InlineData("a\n.txt")]
    [InlineData(".hidden.txt")]
    [InlineData("model.onnx")]
    public void A_name_that_is_no_labels_file_is_refused(string name)
    {
        var layer = new Descriptor(MediaTypes.WeightConfig, Digest.Of([2]), 1, new Dictionary<string, string> { [AnnotationNames.FilePath] = name });
        Assert.Equal(BundleError.ForbiddenContent, Assert.Throws<BundleException>(() => BundleContent.Read(Bundle(layer))).Error);
    }

    private static Manifest Bundle(Descriptor layer) => new(
        MediaTypes.Manifest, MediaTypes.Model, new Descriptor(MediaTypes.ModelConfig, Digest.Of([1]), 1), [new Descriptor(MediaTypes.Weight, Digest.Of([3]), 1), layer], null,
        new Dictionary<string, string> { [AnnotationNames.Model] = "m", [AnnotationNames.Version] = "1" });

    private static Descriptor Pack(string source, string layout)
    {
        var packed = BundlePacker.Pack(source, Key, layout, "t", null, out var errors);
        Assert.Empty(errors);
        return packed!;
    }

    private static string Folder(string path)
    {
        Directory.CreateDirectory(Path.Combine(path, "golden"));
        File.WriteAllBytes(Path.Combine(path, "model.onnx"), TestGraphs.Add());
        File.WriteAllText(Path.Combine(path, "model.json"), """{"max_batch_size":8}""");
        File.WriteAllText(Path.Combine(path, "labels.txt"), "a\nb\n");
        File.WriteAllText(Path.Combine(path, "golden", "sum.json"), "{}");
        return path;
    }
}
