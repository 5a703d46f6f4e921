using EdgeServe.TestModels;

namespace EdgeServe.AcceptanceTests.Running;

/// <summary>A temporary folder of models.</summary>
internal sealed class ModelFolder : IDisposable
{
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The models that ship with the product.</summary>
    public static string Shipped { get; } = System.IO.Path.Combine(RepositoryRoot, "models");

    public string Path { get; } = Directory.CreateTempSubdirectory("edgeserve-models-").FullName;

    public ModelFolder Add(string name, byte[] graph, int version = 1, string? definition = null)
    {
        string folder = Directory.CreateDirectory(System.IO.Path.Combine(Path, name, version.ToString(System.Globalization.CultureInfo.InvariantCulture))).FullName;
        File.WriteAllBytes(System.IO.Path.Combine(folder, "model.onnx"), graph);
        if (definition is not null)
            File.WriteAllText(System.IO.Path.Combine(folder, "model.json"), definition);
        return this;
    }

    public ModelFolder AddShipped(string name, string? under = null, int version = 1)
    {
        string target = System.IO.Path.Combine(Path, under ?? name, version.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(target);
        foreach (string file in Directory.EnumerateFiles(System.IO.Path.Combine(Shipped, name, "1")))
            File.Copy(file, System.IO.Path.Combine(target, System.IO.Path.GetFileName(file)));
        return this;
    }

    /// <summary>What most tests serve.</summary>
    public static ModelFolder Standard()
    {
        var folder = new ModelFolder().AddShipped("breast-cancer").AddShipped("breast-cancer", "spare")
            .Add("add", TestGraphs.Add(), definition: """{"max_batch_size":8}""")
            .Add("reciprocal", TestGraphs.Reciprocal())
            .Add("slow", TestGraphs.Slow(), definition: """{"max_batch_size":0,"instances":1}""")
            .Add("short-queue", TestGraphs.Slow(), definition: """{"max_batch_size":0,"instances":1,"queue":{"max_size":2}}""")
            .Add("unbatched", TestGraphs.Identity(OnnxType.Float, 2, 3), definition: """{"max_batch_size":0}""")
            .Add("stats", TestGraphs.Identity(OnnxType.Float))
            .Add("two", TestGraphs.Identity(OnnxType.Float), 1).Add("two", TestGraphs.Identity(OnnxType.Float), 2)
            .Add("broken", "not a graph"u8.ToArray());
        foreach (var type in Enum.GetValues<OnnxType>())
            folder.Add("identity-" + type.ToString().ToLowerInvariant(), TestGraphs.Identity(type));
        return folder;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory, "EdgeServe.sln")))
            directory = System.IO.Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException("run the tests from a build inside the repository");
    }
}
