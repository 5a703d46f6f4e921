using System.Text;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.TestModels;

namespace EdgeServe.Tests.Engine.Models;

/// <summary>What the catalog reads from disk, and what it must not believe.</summary>
public sealed class ModelFilesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("edgeserve-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("a", true)]
    [InlineData("breast-cancer", true)]
    [InlineData("a.b_c-1", true)]
    [InlineData("A", false)]
    [InlineData("a--b", false)]
    [InlineData("-a", false)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("", false)]
    [InlineData("ä", false)]
    public void Model_names_follow_the_grammar(string name, bool valid) => Assert.Equal(valid, ModelName.IsValid(name));

    [Theory]
    [InlineData("all", new long[] { 1, 2, 5 }, new long[] { 1, 2, 5 })]
    [InlineData("latest", new long[] { 1, 2, 5 }, new long[] { 5 })]
    [InlineData("latest:2", new long[] { 1, 2, 5 }, new long[] { 2, 5 })]
    [InlineData("specific:1,5", new long[] { 1, 2, 5 }, new long[] { 1, 5 })]
    public void Policy_chooses(string text, long[] present, long[] chosen)
    {
        Assert.True(VersionPolicy.TryParse(text, out var policy));
        Assert.Equal(chosen, policy.Choose(present, out var missing));
        Assert.Empty(missing);
    }

    [Theory]
    [InlineData("newest")]
    [InlineData("latest:0")]
    [InlineData("specific:")]
    [InlineData("specific:1,x")]
    [InlineData("all:1")]
    public void A_policy_that_is_none_is_refused(string text) => Assert.False(VersionPolicy.TryParse(text, out _));

    [Fact]
    public void Versions_rise_by_number_and_a_bare_file_is_version_1()
    {
        foreach (string folder in new[] { "many/2", "many/10", "many/1", "many/x", "many/03", "bare" })
        {
            Directory.CreateDirectory(Path.Combine(_root, folder));
            File.WriteAllText(Path.Combine(_root, folder, "model.onnx"), "");
        }

        Directory.CreateDirectory(Path.Combine(_root, "Bad Name"));
        Directory.CreateDirectory(Path.Combine(_root, "empty"));
        var repository = new ModelRepository(_root);
        Assert.Equal([1, 2, 10], repository.Versions("many").Select(v => v.Key.Version));
        Assert.Equal([1], repository.Versions("bare").Select(v => v.Key.Version));
        Assert.Equal(["Bad Name", "empty"], repository.List().Where(m => m.Problem is not null).Select(m => m.Name).Order());
    }

    [Theory]
    [InlineData("{}", 0, true)]
    [InlineData("""{"sample_inputs":1}""", 1, true)]
    [InlineData("""{"sample_inputs":500}""", 500, true)]
    [InlineData("""{"sample_inputs":0}""", 0, false)]
    [InlineData("""{"sample_inputs":true}""", 0, false)]
    public void Inputs_are_sampled_only_where_a_definition_says_how_often(string telemetry, int oneIn, bool valid)
    {
        var definition = ModelDefinitionJson.Read(Encoding.UTF8.GetBytes($"{{\"telemetry\":{telemetry}}}"), out var errors);
        Assert.Equal((oneIn, valid), (definition.Telemetry.SampleInputs, errors.Count == 0));
    }

    [Fact]
    public void A_definitions_errors_are_all_found_at_once()
    {
        ModelDefinitionJson.Read("""{"max_batch_size":-1,"queue":{"max_size":"many","nonsense":1},"execution":{"providers":["gpu"]},"golden":"../x","description":1,"description":"twice"}"""u8.ToArray(), out var errors);
        foreach (string key in new[] { "max_batch_size", "max_size", "queue.nonsense", "execution.providers", "golden", "description" })
            Assert.Contains(errors, e => e.Contains(key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("weights.bin", true)]
    [InlineData("../other/weights.bin", false)]
    [InlineData("/etc/passwd", false)]
    [InlineData("sub/weights.bin", false)]
    [InlineData("link.bin", false)]
    [InlineData("absent.bin", false)]
    [InlineData("..", false)]
    public void External_weights_stay_beside_the_graph(string location, bool good)
    {
        File.WriteAllBytes(Path.Combine(_root, "model.onnx"), new OnnxGraph().ExternalInitializer("w", OnnxType.Float, [1], location).ToArray());
        File.WriteAllText(Path.Combine(_root, "weights.bin"), "1234");
        File.CreateSymbolicLink(Path.Combine(_root, "link.bin"), "/etc/passwd");
        var errors = new List<string>();
        ExternalData.Check(Path.Combine(_root, ModelFiles.ModelFileName), errors);
        Assert.Equal(good ? 0 : 1, errors.Count);
    }

    [Theory]
    [InlineData("1/model.onnx", true)]
    [InlineData("../x", false)]
    [InlineData("/x", false)]
    [InlineData("1/..", false)]
    [InlineData("", false)]
    [InlineData("a\\b", false)]
    public void An_upload_is_written_inside_or_not_at_all(string path, bool good)
    {
        var repository = new ModelRepository(_root);
        if (good)
        {
            using var staged = StagedUpload.Create(repository, "fresh", [(path, Encoding.UTF8.GetBytes("x"))]);
            staged.Commit();
            Assert.True(File.Exists(Path.Combine(_root, "fresh", path)));
        }
        else
        {
            Assert.Equal(ServingError.InvalidArgument, Assert.Throws<ServingException>(() => StagedUpload.Create(repository, "fresh", [(path, [1])])).Error);
        }

        Assert.DoesNotContain(Directory.EnumerateDirectories(_root), d => Path.GetFileName(d).StartsWith('.'));
    }
}
