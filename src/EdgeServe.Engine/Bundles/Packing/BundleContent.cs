using System.Globalization;
using System.Text.RegularExpressions;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Bundles.Packing;

/// <summary>What a bundle installs, by the role of each layer. Every other kind of layer is refused.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Positive.</param>
/// <param name="Files">One is <see cref="ModelFile"/>, others may be the same model in another precision; no path twice.</param>
public sealed partial record BundleContent(string Model, long Version, IReadOnlyList<BundleFile> Files)
{
    public const string ModelFile = "model.onnx";
    public const string ExternalDataFile = "model.onnx.data";
    public const string DefinitionFile = "model.json";
    public const string ReferenceFile = "reference.json";

    private static readonly string[] Reserved = [ModelFile, ExternalDataFile, DefinitionFile, ReferenceFile];

    /// <exception cref="BundleException"><see cref="BundleError.ForbiddenContent"/>, <see cref="BundleError.Malformed"/>.</exception>
    public static BundleContent Read(Manifest manifest)
    {
        string name = manifest.Annotations.GetValueOrDefault(AnnotationNames.Model, "");
        if (!ModelName.IsValid(name))
            throw Malformed(AnnotationNames.Model, name);
        string number = manifest.Annotations.GetValueOrDefault(AnnotationNames.Version, "");
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long version) || version <= 0 || number[0] == '0')
            throw Malformed(AnnotationNames.Version, number);
        if ((manifest.ArtifactType ?? MediaTypes.Model) != MediaTypes.Model || manifest.Config.MediaType != MediaTypes.ModelConfig)
            throw Forbidden(name, $"is no model bundle but {manifest.ArtifactType ?? manifest.Config.MediaType}");

        var files = new List<BundleFile>();
        int graphs = manifest.Layers.Count(l => l.MediaType == MediaTypes.Weight);
        foreach (var layer in manifest.Layers)
        {
            // Kept with the bundle, of no use to serving.
            if (layer.MediaType == MediaTypes.Document)
                continue;
            // Who packs elsewhere names the one graph as they like.
            string path = layer.MediaType == MediaTypes.Weight && graphs == 1 ? ModelFile : PathOf(name, layer);
            // A stick or a laptop may not tell A from a: neither does this.
            if (files.Any(f => string.Equals(f.Path, path, StringComparison.OrdinalIgnoreCase)))
                throw Forbidden(name, $"has more than one layer for {path}");
            files.Add(new BundleFile(path, layer));
        }

        return files.Any(f => f.Path == ModelFile) ? new BundleContent(name, version, files) : throw Forbidden(name, "has no layer with the model itself");
    }

    /// <summary>Is it a name that labels and tokenizers may have?</summary>
    internal static bool IsLabelsName(string name) => LabelsName().IsMatch(name) && !Reserved.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Is it a path that golden samples may have?</summary>
    internal static bool IsGoldenPath(string path) => GoldenPath().IsMatch(path);

    private static string PathOf(string model, Descriptor layer) => layer.MediaType switch
    {
        MediaTypes.Weight => ModelFiles.IsGraphName(Name(layer)) ? Name(layer) : ModelFile,
        MediaTypes.ExternalData => ExternalDataFile,
        MediaTypes.Definition => DefinitionFile,
        MediaTypes.Reference => ReferenceFile,
        MediaTypes.WeightConfig => Said(model, layer, IsLabelsName),
        MediaTypes.Golden => Said(model, layer, IsGoldenPath),
        _ => throw Forbidden(model, $"carries {Name(layer)} of kind {layer.MediaType}"),
    };

    private static string Said(string model, Descriptor layer, Func<string, bool> isAllowed) =>
        Name(layer) is var name && isAllowed(name) ? name : throw Forbidden(model, $"carries a file that wants to be '{name}'");

    private static string Name(Descriptor layer)
    {
        string name = layer.Annotation(AnnotationNames.FilePath) ?? layer.Annotation(AnnotationNames.Title) ?? layer.Digest.ToString();
        return name.Length <= 120 ? name : name[..120] + "…";
    }

    private static BundleException Forbidden(string model, string problem) =>
        new(BundleError.ForbiddenContent, $"bundle {model} {problem}", "Pack it with `edgeserve bundle pack`.");

    private static BundleException Malformed(string annotation, string value) =>
        new(BundleError.Malformed, $"a bundle's annotation {annotation} is '{(value.Length <= 80 ? value : value[..80] + "…")}'", "Pack it with `edgeserve bundle pack`.");

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(txt|json)\z", RegexOptions.CultureInvariant)]
    private static partial Regex LabelsName();

    [GeneratedRegex(@"\Agolden/[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(json|bin)\z", RegexOptions.CultureInvariant)]
    private static partial Regex GoldenPath();
}
