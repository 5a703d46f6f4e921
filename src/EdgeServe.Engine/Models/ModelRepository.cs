using System.Globalization;
using System.Text.RegularExpressions;

namespace EdgeServe.Engine.Models;

/// <summary>Where one version's files are.</summary>
/// <param name="Key">Name and version.</param>
/// <param name="Directory">Folder of <c>model.onnx</c>, <c>model.json</c>, labels and golden samples.</param>
public sealed partial record ModelFiles(ModelVersionKey Key, string Directory)
{
    public const string ModelFileName = "model.onnx";
    public const string DefinitionFileName = "model.json";

    public string ModelPath => Path.Combine(Directory, ModelFileName);

    public string DefinitionPath => Path.Combine(Directory, DefinitionFileName);

    /// <summary>Is it a name of a graph: <c>model.onnx</c>, or the same model in another precision, such as <c>model.fp32.onnx</c>?</summary>
    public static bool IsGraphName(string name) => GraphName().IsMatch(name);

    /// <summary>The graph that a definition wants.</summary>
    public string GraphPath(ModelDefinition definition) => Path.Combine(Directory, definition.Execution.Graph);

    /// <summary>Names of all graphs of this version, <c>model.onnx</c> first.</summary>
    public IReadOnlyList<string> Graphs() =>
        [ModelFileName, .. System.IO.Directory.EnumerateFiles(Directory).Select(Path.GetFileName).OfType<string>().Where(n => n != ModelFileName && IsGraphName(n)).Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"\Amodel(\.[a-z0-9]{1,20})?\.onnx\z", RegexOptions.CultureInvariant)]
    private static partial Regex GraphName();
}

/// <summary>
/// A directory of models: <c>&lt;name&gt;/&lt;version&gt;/model.onnx</c>, or <c>&lt;name&gt;/model.onnx</c> for a model
/// with one version, 1. A plain one is the operator's and is looked at anew at each question; an installed one is the set
/// of a signed release, laid out by the updater, and says what each version's content is.
/// </summary>
/// <param name="root">Its folder.</param>
/// <param name="installed">Digest of each version's whole content; null: a plain directory.</param>
public sealed class ModelRepository(string root, IReadOnlyDictionary<ModelVersionKey, string>? installed = null)
{
    public string Root { get; } = root;

    /// <summary>Put there by the signed channel: nothing else may add to it.</summary>
    public bool IsInstalled => installed is not null;

    /// <returns>What the version is by its content, the same in every set that has it; null in a plain directory.</returns>
    public string? ContentOf(ModelVersionKey key) => installed?.GetValueOrDefault(key);

    /// <summary>Names of all models, and for folders that cannot be one, why not.</summary>
    public IReadOnlyList<(string Name, string? Problem)> List()
    {
        var models = new List<(string, string?)>();
        // A device that is enrolled and has no release yet has no folder either.
        if (IsInstalled && !System.IO.Directory.Exists(Root))
            return models;
        foreach (string directory in System.IO.Directory.EnumerateDirectories(Root).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(directory);
            if (name.StartsWith('.'))
                continue;
            if (!ModelName.IsValid(name))
                models.Add((name, $"'{name}' is not a model name: use lower-case letters and digits, joined by '.', '_' or '-'"));
            else if (Versions(name).Count == 0)
                models.Add((name, $"{directory} has no version: expected <version>/{ModelFiles.ModelFileName} or {ModelFiles.ModelFileName}"));
            else
                models.Add((name, null));
        }

        return models;
    }

    public bool Contains(string name) => ModelName.IsValid(name) && System.IO.Directory.Exists(Path.Combine(Root, name));

    /// <summary>All versions of a model, rising; empty when there is no such model.</summary>
    public IReadOnlyList<ModelFiles> Versions(string name)
    {
        if (!ModelName.IsValid(name))
            return [];
        return VersionsIn(name, Path.Combine(Root, name));
    }

    internal static IReadOnlyList<ModelFiles> VersionsIn(string name, string folder)
    {
        if (!System.IO.Directory.Exists(folder))
            return [];
        var versions = System.IO.Directory.EnumerateDirectories(folder)
            .Where(d => File.Exists(Path.Combine(d, ModelFiles.ModelFileName)))
            .Select(d => (Directory: d, Version: ParseVersion(Path.GetFileName(d))))
            .Where(v => v.Version > 0)
            .Select(v => new ModelFiles(new ModelVersionKey(name, v.Version), v.Directory))
            .OrderBy(v => v.Key.Version)
            .ToList();
        if (versions.Count == 0 && File.Exists(Path.Combine(folder, ModelFiles.ModelFileName)))
            versions.Add(new ModelFiles(new ModelVersionKey(name, 1), folder));
        return versions;
    }

    private static long ParseVersion(string folder) =>
        long.TryParse(folder, NumberStyles.None, CultureInfo.InvariantCulture, out long version) && folder[0] != '0' ? version : 0;
}
