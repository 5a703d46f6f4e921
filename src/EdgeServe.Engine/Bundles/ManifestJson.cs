using System.Text.Json;

namespace EdgeServe.Engine.Bundles;

/// <summary>Manifests and indexes as bytes (OCI image spec). Reading is strict and bounded; writing is deterministic: the same content has the same digest.</summary>
public static class ManifestJson
{
    private const int SchemaVersion = 2;

    /// <summary>One piece larger than this belongs to no model; sums stay far from overflow.</summary>
    private const long MostBytes = 1L << 40;

    /// <exception cref="BundleException"><see cref="BundleError.Malformed"/>, <see cref="BundleError.TooLarge"/>, <see cref="BundleError.ForbiddenContent"/>.</exception>
    public static Manifest ReadManifest(ReadOnlyMemory<byte> content)
    {
        string what = NameOf(content);
        return StrictJson.Read(what, content, root =>
        {
            RequireKind(what, root, has: "layers", hasNot: "manifests", MediaTypes.Manifest, MediaTypes.DockerManifest);
            var config = root.TryGetProperty("config", out var c) ? Read(what, c) : throw StrictJson.Malformed(what, "it has no 'config'");
            return new Manifest(
                StrictJson.Text(root, "mediaType"), StrictJson.Text(root, "artifactType"), config, List(what, root, "layers", ReadLayer),
                StrictJson.Member(root, "subject") is { } subject ? Read(what, subject) : null, Annotations(what, root));
        });
    }

    /// <exception cref="BundleException"><see cref="BundleError.Malformed"/>, <see cref="BundleError.TooLarge"/>.</exception>
    public static ContentIndex ReadIndex(ReadOnlyMemory<byte> content)
    {
        string what = NameOf(content);
        return StrictJson.Read(what, content, root =>
        {
            RequireKind(what, root, has: "manifests", hasNot: "layers", MediaTypes.Index, MediaTypes.DockerManifestList);
            return new ContentIndex(StrictJson.Text(root, "mediaType"), StrictJson.Text(root, "artifactType"), List(what, root, "manifests", Read), Annotations(what, root));
        });
    }

    /// <summary>What bytes are by their own word, or by their shape when they say none; null when they are neither manifest nor index.</summary>
    public static string? MediaTypeOf(ReadOnlyMemory<byte> content)
    {
        try
        {
            return StrictJson.Read("it", content, root => StrictJson.Text(root, "mediaType")
                ?? (root.TryGetProperty("manifests", out _) ? MediaTypes.Index : root.TryGetProperty("layers", out _) ? MediaTypes.Manifest : null));
        }
        catch (BundleException)
        {
            // Whoever reads it refuses it, with a name.
            return null;
        }
    }

    public static byte[] Write(Manifest manifest) => Bytes(json =>
    {
        Begin(json, manifest.MediaType, manifest.ArtifactType);
        json.WritePropertyName("config");
        Write(json, manifest.Config);
        List(json, "layers", manifest.Layers);
        if (manifest.Subject is { } subject)
        {
            json.WritePropertyName("subject");
            Write(json, subject);
        }

        Annotations(json, manifest.Annotations);
    });

    public static byte[] Write(ContentIndex index) => Bytes(json =>
    {
        Begin(json, index.MediaType, index.ArtifactType);
        List(json, "manifests", index.Manifests);
        Annotations(json, index.Annotations);
    });

    private static string NameOf(ReadOnlyMemory<byte> content) => content.Length <= ContentLimits.ManifestBytes
        ? Digest.Of(content.Span).ToString()
        : throw new BundleException(BundleError.TooLarge, $"a manifest has {content.Length} bytes, at most {ContentLimits.ManifestBytes} are read");

    private static void RequireKind(string what, JsonElement root, string has, string hasNot, params ReadOnlySpan<string> types)
    {
        if (StrictJson.Member(root, "schemaVersion") is not { ValueKind: JsonValueKind.Number } version || !version.TryGetInt32(out int number) || number != SchemaVersion)
            throw StrictJson.Malformed(what, "its 'schemaVersion' is not 2");
        if (StrictJson.Text(root, "mediaType") is { } type && !types.Contains(type))
            throw StrictJson.Malformed(what, $"its 'mediaType' is {Short(type)}, not {types[0]}");
        if (root.TryGetProperty(hasNot, out _))
            throw StrictJson.Malformed(what, $"it has '{hasNot}' and is to have '{has}'");
    }

    private static Descriptor[] List(string what, JsonElement root, string name, Func<string, JsonElement, Descriptor> read)
    {
        if (StrictJson.Member(root, name) is not { ValueKind: JsonValueKind.Array } list)
            throw StrictJson.Malformed(what, $"'{name}' is not a list");
        if (list.GetArrayLength() > ContentLimits.Entries)
            throw new BundleException(BundleError.TooLarge, $"{what} lists {list.GetArrayLength()} {name}, at most {ContentLimits.Entries} are read");
        return [.. list.EnumerateArray().Select(e => read(what, e))];
    }

    private static Descriptor ReadLayer(string what, JsonElement element)
    {
        var layer = Read(what, element);
        foreach (string forbidden in (ReadOnlySpan<string>)["urls", "data"])
        {
            if (StrictJson.Member(element, forbidden) is { } member && (member.ValueKind != JsonValueKind.Array || member.GetArrayLength() > 0))
                throw new BundleException(BundleError.ForbiddenContent, $"layer {layer.Digest} of {what} has '{forbidden}': content comes as blobs only", "Pack the bundle again without it.");
        }

        return layer;
    }

    private static Descriptor Read(string what, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw StrictJson.Malformed(what, "a descriptor in it is no object");
        if (StrictJson.Text(element, "mediaType") is not { Length: > 0 } type)
            throw StrictJson.Malformed(what, "a descriptor in it has no 'mediaType'");
        if (!Digest.TryParse(StrictJson.Text(element, "digest"), out var digest))
            throw StrictJson.Malformed(what, $"a descriptor in it has no digest of the form sha256:<64 hexadecimal digits> ({Short(type)})");
        if (StrictJson.Member(element, "size") is not { ValueKind: JsonValueKind.Number } number || !number.TryGetInt64(out long size) || size < 0)
            throw StrictJson.Malformed(what, $"the size of {digest} in it is not a count of bytes");
        if (size > MostBytes)
            throw new BundleException(BundleError.TooLarge, $"{what} says that {digest} has {size} bytes, more than any model has");
        return new Descriptor(type, digest, size, Annotations(what, element));
    }

    private static Dictionary<string, string> Annotations(string what, JsonElement element)
    {
        var read = new Dictionary<string, string>();
        if (StrictJson.Member(element, "annotations") is not { } annotations)
            return read;
        if (annotations.ValueKind != JsonValueKind.Object)
            throw StrictJson.Malformed(what, "'annotations' is no object");
        foreach (var one in annotations.EnumerateObject())
            read.Add(one.Name, one.Value.ValueKind == JsonValueKind.String ? one.Value.GetString()! : throw StrictJson.Malformed(what, $"annotation '{Short(one.Name)}' is not a text"));
        return read;
    }

    private static string Short(string text) => text.Length <= 80 ? text : text[..80] + "…";

    private static byte[] Bytes(Action<Utf8JsonWriter> write)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, StrictJson.Plain))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    private static void Begin(Utf8JsonWriter json, string? mediaType, string? artifactType)
    {
        json.WriteNumber("schemaVersion", SchemaVersion);
        if (mediaType is not null)
            json.WriteString("mediaType", mediaType);
        if (artifactType is not null)
            json.WriteString("artifactType", artifactType);
    }

    private static void List(Utf8JsonWriter json, string name, IReadOnlyList<Descriptor> list)
    {
        json.WriteStartArray(name);
        foreach (var descriptor in list)
            Write(json, descriptor);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Descriptor descriptor)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", descriptor.MediaType);
        json.WriteString("digest", descriptor.Digest.ToString());
        json.WriteNumber("size", descriptor.Size);
        Annotations(json, descriptor.Annotations);
        json.WriteEndObject();
    }

    private static void Annotations(Utf8JsonWriter json, IReadOnlyDictionary<string, string> annotations)
    {
        if (annotations.Count == 0)
            return;
        json.WriteStartObject("annotations");
        foreach (var (name, value) in annotations.OrderBy(a => a.Key, StringComparer.Ordinal))
            json.WriteString(name, value);
        json.WriteEndObject();
    }
}
