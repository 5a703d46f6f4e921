using System.Globalization;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Telemetry.Drift;

/// <summary>Where sketches outlive a restart: one doubled file a model version, bound to the graph's digest.</summary>
internal sealed class DriftFiles(string directory)
{
    /// <summary>Versions kept; beyond, the oldest are forgotten.</summary>
    private const int Most = 64;

    /// <returns>Null: there are none of this very graph.</returns>
    public byte[]? Read(ModelVersionKey key, Func<string> digest)
    {
        if (new DoubledFile(PathOf(key)).Read() is not { Length: > 64 } content)
            return null;
        string of = System.Text.Encoding.ASCII.GetString(content, 0, 64);
        return of == digest() ? content[64..] : null;
    }

    /// <summary>Durable when it returns.</summary>
    public void Write(ModelVersionKey key, string digest, byte[] sketches)
    {
        if (digest.Length != 64)
            return;
        new DoubledFile(PathOf(key)).Write([.. System.Text.Encoding.ASCII.GetBytes(digest), .. sketches]);
        Sweep();
    }

    private string PathOf(ModelVersionKey key) => Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{key.Name}-{key.Version}"));

    private void Sweep()
    {
        var files = new DirectoryInfo(directory).GetFiles();
        foreach (var old in files.OrderByDescending(f => f.LastWriteTimeUtc).Skip(Most * 2))
            old.Delete();
    }
}
