using System.CommandLine;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Registry;

namespace EdgeServe.Cli.Channels;

/// <summary>A place an author names: a layout's folder, a stick, or a repository, with a tag behind a colon.</summary>
/// <param name="Content">Where it is read.</param>
/// <param name="Directory">The layout; null: a registry.</param>
/// <param name="Tag">Null when none is named.</param>
internal sealed record Source(IContentSource Content, string? Directory, string? Tag) : IDisposable
{
    /// <summary>The folder of a stick that is ours.</summary>
    public const string StickFolder = "edgeserve";

    /// <param name="text">A folder, <c>FOLDER:TAG</c>, or <c>host[:port]/repository[:tag]</c>.</param>
    /// <param name="access">How a registry is spoken to.</param>
    public static Source Open(string text, RegistryOptions access)
    {
        int colon = text.LastIndexOf(':');
        if (System.IO.Directory.Exists(text))
            return OfLayout(text, null);
        if (colon > 0 && System.IO.Directory.Exists(text[..colon]))
            return OfLayout(text[..colon], text[(colon + 1)..]);
        if (text.StartsWith('.') || text.StartsWith('/'))
            throw new BundleException(BundleError.NotFound, $"{text} is not there", "Name a folder, FOLDER:TAG, or host[:port]/repository:tag.");
        var reference = RegistryReference.Parse(text, access.Insecure);
        return new Source(new RegistryClient(reference, access, LinkBudget.Unlimited, TimeProvider.System), null, reference.Tag);
    }

    /// <summary>The tag to use when none was named.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.NotFound"/>: there is no telling which.</exception>
    public string TagOr(string? channel) => Tag ?? channel ?? OnlyTag();

    public void Dispose() => (Content as IDisposable)?.Dispose();

    private static Source OfLayout(string directory, string? tag)
    {
        string stick = Path.Combine(directory, StickFolder);
        if (!File.Exists(Path.Combine(directory, ImageLayout.IndexFile)) && System.IO.Directory.Exists(stick))
            directory = stick;
        return new Source(ImageLayout.Open(directory), directory, tag);
    }

    private string OnlyTag()
    {
        string[] tags = Content is ImageLayout layout
            ? [.. layout.Index().Manifests.Where(m => m.MediaType == MediaTypes.Index).Select(m => m.Annotation(AnnotationNames.RefName)).OfType<string>().Where(t => !IsRelease(t)).Distinct()]
            : [];
        return tags.Length == 1 ? tags[0]
            : throw new BundleException(BundleError.NotFound, tags.Length == 0 ? $"{Content.Name}: no channel is named" : $"{Content.Name} has channels {string.Join(", ", tags)}", "Say which with --channel.");
    }

    /// <summary>Older releases are kept beside the channel as <c>name-release</c>.</summary>
    private static bool IsRelease(string tag) => tag.LastIndexOf('-') is > 0 and var dash && long.TryParse(tag.AsSpan(dash + 1), out _);
}
