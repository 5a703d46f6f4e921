using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Bundles.Packing;

/// <summary>The folder of one version, sorted into roles. All errors at once: its author is a person with an editor.</summary>
internal static class BundleFolder
{
    private static readonly string[] DocumentNames = ["LICENSE", "LICENCE", "NOTICE", "README", "COPYING"];

    /// <param name="directory"><c>model.onnx</c> and what belongs to it; documents may lie one folder above, beside all versions.</param>
    /// <param name="errors">Gets what no bundle may have.</param>
    /// <returns>By path.</returns>
    public static IReadOnlyList<PackedFile> Sort(string directory, List<string> errors)
    {
        var files = new List<PackedFile>();
        foreach (string file in Files(directory))
            Add(files, file, Path.GetFileName(file), errors);
        foreach (string folder in Directory.EnumerateDirectories(directory))
        {
            foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
                Add(files, file, Path.GetRelativePath(directory, file).Replace('\\', '/'), errors);
        }

        if (Path.GetDirectoryName(Path.GetFullPath(directory)) is { } above)
        {
            foreach (string file in Files(above).Where(f => IsDocument(Path.GetFileName(f)) && files.All(p => p.Path != Path.GetFileName(f))))
                files.Add(new PackedFile(Path.GetFileName(file), file, MediaTypes.Document));
        }

        if (files.All(f => f.Path != BundleContent.ModelFile))
            errors.Add($"{directory} has no {BundleContent.ModelFile}");
        else
            Check(directory, files, errors);
        return [.. files.OrderBy(f => f.Path, StringComparer.Ordinal)];
    }

    private static void Add(List<PackedFile> files, string file, string path, List<string> errors)
    {
        if (Role(path) is { } role)
            files.Add(new PackedFile(path, file, role));
        else if (Path.GetFileName(path)[0] != '.')
            errors.Add($"{path} belongs in no bundle: it may have {BundleContent.ModelFile}, the same in another precision (model.fp32.onnx), {BundleContent.ExternalDataFile}, {BundleContent.DefinitionFile}, {BundleContent.ReferenceFile}, labels and tokenizers (*.txt, *.json), golden/*.json and golden/*.bin, LICENSE, NOTICE, README");
    }

    private static string? Role(string path) => path switch
    {
        BundleContent.ExternalDataFile => MediaTypes.ExternalData,
        BundleContent.DefinitionFile => MediaTypes.Definition,
        BundleContent.ReferenceFile => MediaTypes.Reference,
        _ when ModelFiles.IsGraphName(path) => MediaTypes.Weight,
        _ when IsDocument(path) => MediaTypes.Document,
        _ when BundleContent.IsLabelsName(path) => MediaTypes.WeightConfig,
        _ when BundleContent.IsGoldenPath(path) => MediaTypes.Golden,
        _ => null,
    };

    private static bool IsDocument(string name) => DocumentNames.Contains(name.Split('.')[0], StringComparer.Ordinal) && !name.Contains('/', StringComparison.Ordinal);

    /// <summary>What every device would refuse is said here, on the author's desk.</summary>
    private static void Check(string directory, List<PackedFile> files, List<string> errors)
    {
        foreach (var graph in files.Where(f => f.MediaType == MediaTypes.Weight))
            ExternalData.Check(Path.Combine(Path.GetFullPath(directory), graph.Path), errors);
        if (files.Any(f => f.MediaType == MediaTypes.Definition))
        {
            var definition = ModelDefinitionJson.Read(File.ReadAllBytes(Path.Combine(directory, BundleContent.DefinitionFile)), out var problems);
            if (files.All(f => f.Path != definition.Execution.Graph))
                errors.Add($"{BundleContent.DefinitionFile}: execution.graph is {definition.Execution.Graph}, which is not beside it");
            errors.AddRange(problems.Select(p => $"{BundleContent.DefinitionFile}: {p}"));
        }
    }

    private static IEnumerable<string> Files(string directory) => Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal);
}
