using System.Security.Cryptography;

namespace EdgeServe.Engine.Models;

/// <summary>The name a graph has by its content. Not made at load time: hashing loads the system's crypto library.</summary>
internal static class ModelDigest
{
    /// <returns>Lower-case hexadecimal SHA-256; empty when the file is no longer the one there is now.</returns>
    public static Lazy<string> Of(string path)
    {
        var loaded = Stamp(path);
        return new Lazy<string>(() =>
        {
            if (loaded is null || loaded != Stamp(path))
                return "";
            using var stream = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        });
    }

    private static (long Length, DateTime Written)? Stamp(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? (file.Length, file.LastWriteTimeUtc) : null;
    }
}
