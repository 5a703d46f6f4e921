using System.Globalization;
using System.Text.Json;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Bundles.Packing;

/// <summary>Packs a version's folder as a bundle into an image layout (ModelPack spec). Nothing in it depends on when or where: the same files have the same digest.</summary>
public static class BundlePacker
{
    /// <param name="directory">The version's folder.</param>
    /// <param name="key">Model name and version it gets.</param>
    /// <param name="layout">Where it goes.</param>
    /// <param name="tag">Its name there.</param>
    /// <param name="progress">Told the path of each file and how much of it was read.</param>
    /// <param name="errors">Everything that no device would take; nothing is written when there is any.</param>
    /// <returns>The manifest's descriptor; null when there are errors.</returns>
    public static Descriptor? Pack(string directory, ModelVersionKey key, string layout, string tag, Func<string, IProgress<long>>? progress, out IReadOnlyList<string> errors)
    {
        var found = new List<string>();
        var files = BundleFolder.Sort(directory, found);
        errors = found;
        if (found.Count > 0)
            return null;
        var writer = ImageLayoutWriter.Open(layout);
        Descriptor[] layers = [.. files.Select(f => writer.Add(f.MediaType, f.File, progress?.Invoke(f.Path)) with
        {
            // Both names: each tool looks at its own.
            Annotations = new Dictionary<string, string> { [AnnotationNames.FilePath] = f.Path, [AnnotationNames.Title] = f.Path },
        })];
        var definition = files.FirstOrDefault(f => f.MediaType == MediaTypes.Definition) is { } file
            ? ModelDefinitionJson.Read(File.ReadAllBytes(file.File), out _) : new ModelDefinition();
        byte[] config = Config(key, definition, layers);
        var annotations = new Dictionary<string, string>
        {
            [AnnotationNames.Model] = key.Name,
            [AnnotationNames.Version] = key.Version.ToString(CultureInfo.InvariantCulture),
            [AnnotationNames.Title] = key.Name,
        };
        if (definition.Description is { Length: > 0 } description)
            annotations[AnnotationNames.Description] = description;
        if (definition.Licence is { Length: > 0 } licence)
            annotations[AnnotationNames.Licenses] = licence;
        var manifest = new Manifest(MediaTypes.Manifest, MediaTypes.Model, new Descriptor(MediaTypes.ModelConfig, writer.Add(config), config.Length), layers, null, annotations);
        BundleContent.Read(manifest);
        byte[] bytes = ManifestJson.Write(manifest);
        var packed = new Descriptor(MediaTypes.Manifest, writer.Add(bytes), bytes.Length);
        writer.Tag(tag, packed.MediaType, packed.Digest, packed.Size);
        return packed;
    }

    /// <summary>What ModelPack tools show of a model.</summary>
    private static byte[] Config(ModelVersionKey key, ModelDefinition definition, Descriptor[] layers)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory))
        {
            json.WriteStartObject();
            json.WriteStartObject("descriptor");
            json.WriteString("name", key.Name);
            json.WriteString("version", key.Version.ToString(CultureInfo.InvariantCulture));
            if (definition.Licence is { Length: > 0 } licence)
            {
                json.WriteStartArray("licenses");
                json.WriteStringValue(licence);
                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteStartObject("config");
            json.WriteString("format", "onnx");
            json.WriteEndObject();
            json.WriteStartObject("modelfs");
            json.WriteString("type", "layers");
            json.WriteStartArray("diffIds");
            foreach (var layer in layers)
                json.WriteStringValue(layer.Digest.ToString());
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return memory.ToArray();
    }
}
