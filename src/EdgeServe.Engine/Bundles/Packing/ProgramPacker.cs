using System.Globalization;
using EdgeServe.Engine.Bundles.Layout;

namespace EdgeServe.Engine.Bundles.Packing;

/// <summary>Packs the program's Debian package into an image layout. The same package has the same digest.</summary>
public static class ProgramPacker
{
    /// <param name="file">What <c>scripts/package</c> made.</param>
    /// <param name="layout">Where it goes.</param>
    /// <param name="progress">Told how much was read.</param>
    /// <returns>Its tag there, the manifest's digest and what it is.</returns>
    /// <exception cref="BundleException">It is no package of this program.</exception>
    public static (string Tag, Digest Digest, ProgramContent Content) Pack(string file, string layout, IProgress<long>? progress)
    {
        var package = DebianPackage.Read(file);
        var writer = ImageLayoutWriter.Open(layout);
        var layer = writer.Add(MediaTypes.DebianPackage, file, progress) with
        {
            Annotations = new Dictionary<string, string> { [AnnotationNames.Title] = $"{package.Name}_{package.Version}_{package.Architecture}.deb" },
        };
        byte[] config = "{}"u8.ToArray();
        var manifest = new Manifest(MediaTypes.Manifest, MediaTypes.Program, new Descriptor(MediaTypes.ProgramConfig, writer.Add(config), config.Length), [layer], null, new Dictionary<string, string>
        {
            [AnnotationNames.Program] = package.Version,
            [AnnotationNames.Architecture] = package.Architecture,
        });
        var content = ProgramContent.Read(manifest);
        byte[] bytes = ManifestJson.Write(manifest);
        var digest = writer.Add(bytes);
        // A tag has no plus.
        string tag = string.Create(CultureInfo.InvariantCulture, $"program-{package.Version.Replace('+', '_').Replace('~', '_')}-{package.Architecture}");
        writer.Tag(tag, MediaTypes.Manifest, digest, bytes.Length);
        return (tag, digest, content);
    }
}
