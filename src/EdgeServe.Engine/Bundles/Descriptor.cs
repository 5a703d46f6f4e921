namespace EdgeServe.Engine.Bundles;

/// <summary>What one piece of content says of another (OCI image spec, descriptor).</summary>
/// <param name="MediaType">How to read it.</param>
/// <param name="Digest">What its bytes must be.</param>
/// <param name="Size">How many bytes it has: known before any is read.</param>
/// <param name="Annotations">Names of <see cref="AnnotationNames"/> and of others; never null.</param>
public sealed record Descriptor(string MediaType, Digest Digest, long Size, IReadOnlyDictionary<string, string> Annotations)
{
    private static readonly Dictionary<string, string> None = [];

    public Descriptor(string mediaType, Digest digest, long size)
        : this(mediaType, digest, size, None)
    {
    }

    /// <returns>The annotation's value; null when there is none.</returns>
    public string? Annotation(string name) => Annotations.GetValueOrDefault(name);
}
