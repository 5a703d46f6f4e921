using System.Globalization;
using System.Text;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Store;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Updates;

/// <summary>
/// The sets laid out as ONNX Runtime wants files: <c>active/&lt;release&gt;-&lt;hex&gt;/&lt;model&gt;/&lt;version&gt;/</c>, hard links
/// to the store's blobs, read-only. A folder appears whole, under its name, or not at all.
/// </summary>
internal sealed class ActiveSets(string directory, ContentStore store)
{
    private const string ListName = ".set";
    private const string Unfinished = ".new";
    private const string Replaced = ".old";
    private const UnixFileMode ReadOnly = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public string PathOf(SetReference set) => Path.Combine(directory, set.Folder);

    /// <summary>A repository without models: an enrolled device that has no release yet.</summary>
    public ModelRepository Empty => new(Path.Combine(directory, "none"), new Dictionary<ModelVersionKey, string>());

    /// <returns>Null when the folder is not there, or not this set's.</returns>
    public ModelRepository? Open(SetReference set) =>
        ReadList(PathOf(set)) is { } list && list.Set == set ? new ModelRepository(PathOf(set), list.Contents) : null;

    /// <summary>Lays a set out, replacing what an earlier attempt left. Durable when it returns.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.DiskFull"/> or <see cref="BundleError.StorageBroken"/>.</exception>
    public ModelRepository Build(SetReference set, IReadOnlyList<InstalledModel> models)
    {
        try
        {
            string folder = Path.Combine(directory, Unfinished);
            Delete(folder);
            var list = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{set.Release} {set.Digest}\n");
            foreach (var model in models)
            {
                string version = Path.Combine(folder, model.Key.Name, model.Key.Version.ToString(CultureInfo.InvariantCulture));
                foreach (var file in model.Files)
                    Place(store.PathOf(file.Layer.Digest), version, file.Path);
                list.Append(CultureInfo.InvariantCulture, $"{model.Key.Name} {model.Key.Version} {model.Manifest}\n");
            }

            Directory.CreateDirectory(folder);
            AtomicWrite.WriteAllText(Path.Combine(folder, ListName), list.ToString());
            foreach (string inner in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Append(folder))
                DirectoryHandle.Flush(inner);
            Swap(folder, PathOf(set));
            return Open(set)!;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContentStore.Describe(e);
        }
    }

    /// <summary>A version in any of the folders, the newest release first.</summary>
    public ModelFiles? Find(ModelVersionKey key) => Folders()
        .Select(f => new ModelFiles(key, Path.Combine(f.Path, key.Name, key.Version.ToString(CultureInfo.InvariantCulture))))
        .FirstOrDefault(f => File.Exists(f.ModelPath));

    /// <summary>The newest set there is: what to serve when the journal cannot tell.</summary>
    public SetReference? Newest() => Folders().Select(f => f.Set).FirstOrDefault();

    /// <summary>What belongs to a set, by its folder.</summary>
    public IReadOnlyDictionary<ModelVersionKey, string> ContentsOf(SetReference set) =>
        ReadList(PathOf(set))?.Contents ?? new Dictionary<ModelVersionKey, string>();

    /// <summary>Removes folders that nobody needs.</summary>
    /// <param name="keep">Sets that may serve.</param>
    /// <param name="pinned">Versions that unfinished jobs are bound to: the newest folder that has one stays.</param>
    /// <returns>The manifests of what stays only for jobs.</returns>
    public IReadOnlyList<Digest> Collect(IReadOnlyCollection<SetReference> keep, IReadOnlySet<ModelVersionKey> pinned)
    {
        var needed = pinned.ToHashSet();
        var forJobs = new List<Digest>();
        foreach (var (set, path, contents) in Folders().OrderByDescending(f => keep.Contains(f.Set)).ThenByDescending(f => f.Set.Release).ToArray())
        {
            var held = contents.Where(c => needed.Remove(c.Key)).Select(c => c.Value).ToArray();
            if (keep.Contains(set))
                continue;
            if (held.Length == 0)
                Delete(path);
            else
                forJobs.AddRange(held.Select(h => Digest.TryParse(h, out var digest) ? digest : default).Where(d => d != default));
        }

        Delete(Path.Combine(directory, Unfinished));
        Delete(Path.Combine(directory, Replaced));
        return forJobs;
    }

    public void Remove(SetReference set)
    {
        try
        {
            Delete(PathOf(set));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next collection takes it.
        }
    }

    private static void Place(string blob, string version, string name)
    {
        string path = Path.GetFullPath(Path.Combine(version, name));
        if (!path.StartsWith(version + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new BundleException(BundleError.ForbiddenContent, $"'{name}' would leave the model's folder");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        HardLink.Create(blob, path);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, ReadOnly);
    }

    private void Swap(string folder, string final)
    {
        string old = Path.Combine(directory, Replaced);
        Delete(old);
        if (Directory.Exists(final))
            Directory.Move(final, old);
        Directory.Move(folder, final);
        DirectoryHandle.Flush(directory);
        Delete(old);
    }

    private IEnumerable<(SetReference Set, string Path, IReadOnlyDictionary<ModelVersionKey, string> Contents)> Folders()
    {
        if (!Directory.Exists(directory))
            return [];
        return Directory.EnumerateDirectories(directory)
            .Select(path => (List: ReadList(path), Path: path))
            .Where(f => f.List is { } list && Path.GetFileName(f.Path) == list.Set.Folder)
            .Select(f => (f.List!.Value.Set, f.Path, f.List.Value.Contents))
            .OrderByDescending(f => f.Item1.Release);
    }

    private static (SetReference Set, IReadOnlyDictionary<ModelVersionKey, string> Contents)? ReadList(string folder)
    {
        string path = Path.Combine(folder, ListName);
        if (!File.Exists(path))
            return null;
        string[][] lines = [.. File.ReadLines(path).Select(l => l.Split(' '))];
        if (lines.Length == 0 || lines[0].Length != 2 || !TryNumber(lines[0][0], out long release) || !Digest.TryParse(lines[0][1], out var digest))
            return null;
        var contents = new Dictionary<ModelVersionKey, string>();
        foreach (string[] line in lines[1..])
        {
            if (line.Length != 3 || !TryNumber(line[1], out long version) || !contents.TryAdd(new ModelVersionKey(line[0], version), line[2]))
                return null;
        }

        return (new SetReference(release, digest), contents);
    }

    private static bool TryNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
