using System.Globalization;

namespace EdgeServe.Engine.Bundles.Channels;

/// <summary>Writes a channel's index: deterministic, with everything tools read in annotations, so that they copy it unchanged.</summary>
public static class ChannelBuilder
{
    /// <returns>Bytes that <see cref="ChannelIndex.Read"/> takes.</returns>
    /// <exception cref="BundleException">A name or number that no device would take.</exception>
    public static byte[] Build(ChannelIndex channel)
    {
        var annotations = new Dictionary<string, string>
        {
            [AnnotationNames.Type] = ChannelIndex.Type,
            [AnnotationNames.Channel] = channel.Channel,
            [AnnotationNames.Release] = channel.Release.ToString(CultureInfo.InvariantCulture),
            [AnnotationNames.DeviceClass] = string.Join(',', channel.DeviceClasses),
            [AnnotationNames.Created] = ChannelIndex.Text(channel.Created),
        };
        if (channel.Expires is { } expires)
            annotations[AnnotationNames.Expires] = ChannelIndex.Text(expires);
        if (channel.MinProgram is { } program)
            annotations[AnnotationNames.MinProgram] = program;
        // Nothing but these in a descriptor: skopeo rewrites an index that has more, and the signature is void.
        var children = channel.Models
            .OrderBy(m => m.Name, StringComparer.Ordinal).ThenBy(m => m.Version)
            .Select(m => new Descriptor(MediaTypes.Manifest, m.Manifest.Digest, m.Manifest.Size, new Dictionary<string, string>
            {
                [AnnotationNames.Model] = m.Name,
                [AnnotationNames.Version] = m.Version.ToString(CultureInfo.InvariantCulture),
            }));
        var programs = channel.Programs.OrderBy(p => p.Architecture, StringComparer.Ordinal).ThenBy(p => p.Version, StringComparer.Ordinal)
            .Select(p => new Descriptor(MediaTypes.Manifest, p.Manifest.Digest, p.Manifest.Size, new Dictionary<string, string>
            {
                [AnnotationNames.Program] = p.Version,
                [AnnotationNames.Architecture] = p.Architecture,
            }));
        byte[] index = ManifestJson.Write(new ContentIndex(MediaTypes.Index, null, [.. children, .. programs], annotations));
        ChannelIndex.Read(index);
        return index;
    }
}
