using System.Diagnostics;

namespace EdgeServe.TestModels;

/// <summary>A Debian package with nothing but a name, made by Debian's own tool.</summary>
internal static class TestPackage
{
    public static byte[] Make(string version, string architecture, string name = "edgeserve")
    {
        string folder = Directory.CreateTempSubdirectory("es-deb-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "tree", "DEBIAN"));
            File.WriteAllText(Path.Combine(folder, "tree", "DEBIAN", "control"), $"Package: {name}\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: A test <test@localhost.invalid>\nDescription: nothing\n");
            using var process = Process.Start(new ProcessStartInfo("dpkg-deb", ["--root-owner-group", "-Znone", "--build", Path.Combine(folder, "tree"), Path.Combine(folder, "it.deb")]) { RedirectStandardOutput = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return File.ReadAllBytes(Path.Combine(folder, "it.deb"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
