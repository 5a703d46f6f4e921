using System.Text.Json;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>
/// An image layout on a stick, to put a little beside what others wrote there: their entries stay as they are, byte for
/// byte. A blob has its name only when it is whole and on the medium; index.json comes last, in one step. At most one
/// unnamed file is left behind, however often it is interrupted.
/// </summary>
internal sealed class StickLayout : IDisposable
{
    private static readonly string[] BlobFolders = ["blobs", "sha256"];
    private readonly FolderHandle _folder;
    private readonly string _temporary;
    private FolderHandle? _blobs;
    private byte[]? _index;
    private string _indexName = ImageLayout.IndexFile;

    /// <param name="folder">Ours on the stick; disposed with this.</param>
    /// <param name="writer">Names the unnamed file of whoever writes here.</param>
    /// <exception cref="CarryOutException"><see cref="CarryOutError.StickUnreadable"/>; the folder is disposed then.</exception>
    public StickLayout(FolderHandle folder, string writer)
    {
        (_folder, _temporary) = (folder, $"{CarryOutNames.Prefix}{writer}.tmp");
        try
        {
            Load();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path => _folder.Path;

    /// <summary>What index.json lists.</summary>
    public IReadOnlyList<Descriptor> Entries { get; private set; } = [];

    public static string? TagOf(Descriptor entry) => entry.Annotation(AnnotationNames.RefName);

    /// <returns>A blob of this size and digest; null: it is not there, or is not that.</returns>
    public byte[]? Read(Descriptor blob, long mostBytes)
    {
        if (blob.Size > mostBytes)
            return null;
        try
        {
            return Blobs(make: false)?.Read(blob.Digest.Hex, (int)blob.Size) is { } content && content.Length == blob.Size && Digest.Of(content) == blob.Digest ? content : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Stores a blob. Durable when it returns.</summary>
    public Descriptor Add(string mediaType, byte[] content)
    {
        var blob = new Descriptor(mediaType, Digest.Of(content), content.Length);
        if (Read(blob, content.Length) is null)
            Blobs(make: true)!.Replace(blob.Digest.Hex, content, _temporary);
        return blob;
    }

    /// <summary>Names content, and takes names away: in one step, durable when it returns. Everything it names is there.</summary>
    /// <param name="drop">Which entries go.</param>
    /// <param name="add">What comes; its tag is its <c>ref.name</c>.</param>
    public void Name(Func<Descriptor, bool> drop, Descriptor? add)
    {
        if (_index is null)
            _folder.Replace(ImageLayout.VersionFile, """{"imageLayoutVersion":"1.0.0"}"""u8, _temporary);
        byte[] index = Index(drop, add);
        _folder.Replace(_indexName, index, _temporary);
        _index = index;
        Entries = ManifestJson.ReadIndex(index).Manifests;
    }

    /// <summary>Deletes a blob that nothing names any more.</summary>
    public void Delete(Digest digest) => Blobs(make: false)?.Delete(digest.Hex);

    public void Dispose()
    {
        _blobs?.Dispose();
        _folder.Dispose();
    }

    private void Load()
    {
        try
        {
            // Where names have no case, a stick may have it in capitals.
            if (_folder.Status(_indexName) is null && _folder.Status(_indexName.ToUpperInvariant()) is not null)
                _indexName = _indexName.ToUpperInvariant();
            _index = _folder.Read(_indexName, ContentLimits.ManifestBytes);
            Entries = _index is null ? [] : ManifestJson.ReadIndex(_index).Manifests;
        }
        catch (Exception e) when (e is InvalidDataException or BundleException)
        {
            throw Unreadable(e.Message, e);
        }
    }

    private FolderHandle? Blobs(bool make)
    {
        if (_blobs is not null)
            return _blobs;
        FolderHandle? inner = null;
        foreach (string name in BlobFolders)
        {
            var outer = inner ?? _folder;
            var next = outer.Folder(name) ?? outer.Folder(name.ToUpperInvariant()) ?? (make ? outer.FolderOrNew(name) : null);
            inner?.Dispose();
            inner = next;
            if (inner is null)
                return null;
        }

        // What is mounted over a folder of the stick is not the stick.
        if (inner!.Status().Device != _folder.Status().Device)
        {
            inner.Dispose();
            throw Unreadable("its blobs are on another disk");
        }

        return _blobs = inner;
    }

    /// <summary>What others wrote is taken over as it stands.</summary>
    private byte[] Index(Func<Descriptor, bool> drop, Descriptor? add)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, StrictJson.Plain))
        {
            using var document = JsonDocument.Parse(_index ?? Empty);
            json.WriteStartObject();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Name != "manifests")
                {
                    member.WriteTo(json);
                    continue;
                }

                json.WriteStartArray(member.Name);
                foreach (var (entry, descriptor) in member.Value.EnumerateArray().Zip(Entries))
                {
                    if (!drop(descriptor))
                        json.WriteRawValue(entry.GetRawText());
                }

                if (add is not null)
                    Write(json, add);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    private static byte[] Empty => ManifestJson.Write(new ContentIndex(MediaTypes.Index, null, [], new Dictionary<string, string> { [AnnotationNames.Type] = CarryOutNames.IndexType }));

    private static void Write(Utf8JsonWriter json, Descriptor entry)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", entry.MediaType);
        json.WriteString("digest", entry.Digest.ToString());
        json.WriteNumber("size", entry.Size);
        json.WriteStartObject("annotations");
        foreach (var (name, value) in entry.Annotations)
            json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private CarryOutException Unreadable(string problem, Exception? inner = null) =>
        new(CarryOutError.StickUnreadable, $"{Path} cannot be used: {problem}", "Empty the stick's edgeserve folder, or write it anew.", inner);
}
