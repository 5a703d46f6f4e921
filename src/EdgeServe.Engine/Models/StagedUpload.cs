using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Models;

/// <summary>
/// Uploaded files, laid out in a hidden folder of the repository until they have loaded. Committing moves them to where
/// they belong, over the files they replace; disposing removes what was not committed.
/// </summary>
public sealed class StagedUpload : IDisposable
{
    private readonly string _target;
    private readonly List<string> _paths = [];

    private StagedUpload(string folder, string target)
    {
        Folder = folder;
        _target = target;
    }

    /// <summary>Laid out like the model's own folder.</summary>
    public string Folder { get; }

    /// <exception cref="ServingException">A path would leave the model's folder, or the name is none.</exception>
    public static StagedUpload Create(ModelRepository repository, string model, IReadOnlyList<(string Path, byte[] Content)> files)
    {
        if (!ModelName.IsValid(model))
            throw ServingException.Invalid($"failed to load '{model}', it is not a model name: use lower-case letters and digits joined by '.', '_' or '-'");
        foreach (var (path, _) in files)
            CheckPath(model, path);
        var staged = new StagedUpload(Path.Combine(repository.Root, $".upload-{Guid.NewGuid():N}"), Path.Combine(repository.Root, model));
        try
        {
            foreach (var (path, content) in files)
                staged.Write(path, content);
            return staged;
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    public void Commit()
    {
        foreach (string path in _paths)
        {
            string final = Path.Combine(_target, path);
            Directory.CreateDirectory(Path.GetDirectoryName(final)!);
            Storage.AtomicWrite.Publish(Path.Combine(Folder, path), final);
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }

    private void Write(string path, byte[] content)
    {
        string file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, content);
        _paths.Add(path);
    }

    private static void CheckPath(string model, string path)
    {
        string[] parts = path.Split('/');
        bool good = parts.Length is > 0 and <= 4 && path.Length <= 256
            && parts.All(p => p.Length > 0 && !p.StartsWith('.') && p.IndexOfAny(['\\', '\0', ':']) < 0);
        if (!good)
            throw ServingException.Invalid($"failed to load '{model}', file path '{path}' must stay inside the model's folder, such as 1/model.onnx");
    }
}
