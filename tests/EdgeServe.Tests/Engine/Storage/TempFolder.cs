namespace EdgeServe.Tests.Engine.Storage;

/// <summary>A folder of its own, gone afterwards.</summary>
internal sealed class TempFolder : IDisposable
{
    // In memory where there is such a place: these tests ask what is kept, not whether the disk keeps it.
    private const string Memory = "/dev/shm";

    public string Path { get; } = Directory.Exists(Memory)
        ? Directory.CreateDirectory(System.IO.Path.Combine(Memory, "edgeserve-" + System.IO.Path.GetRandomFileName())).FullName
        : Directory.CreateTempSubdirectory("edgeserve-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
