namespace EdgeServe.Engine.Bundles.Layout;

/// <summary>Finds an entry of index.json by its name, in every way that tools write names.</summary>
internal static class LayoutEntries
{
    private const int MostNames = 8;

    /// <returns>Null when none is named so.</returns>
    /// <exception cref="BundleException"><see cref="BundleError.Ambiguous"/>.</exception>
    public static Descriptor? Tagged(IReadOnlyList<Descriptor> entries, string tag) =>
        Only(Distinct(entries.Where(e => e.Annotation(AnnotationNames.RefName) == tag)), tag)
        // Some tools write the whole reference.
        ?? Only(Distinct(entries.Where(e => e.Annotation(AnnotationNames.RefName) is { } name && TagOf(name) == tag)), tag);

    /// <summary>One entry for each digest: a tool may list the same content twice.</summary>
    public static Descriptor[] Distinct(IEnumerable<Descriptor> entries) => [.. entries.DistinctBy(e => e.Digest)];

    public static Descriptor? Only(Descriptor[] entries, string tag) => entries.Length <= 1 ? entries.FirstOrDefault()
        : throw new BundleException(BundleError.Ambiguous, $"{entries.Length} different entries claim to be {tag}", "Write it anew into an empty folder.");

    /// <summary>For people.</summary>
    public static string Names(IReadOnlyList<Descriptor> entries)
    {
        string[] names = [.. entries.Select(e => e.Annotation(AnnotationNames.RefName)).OfType<string>().Distinct()];
        return names.Length == 0 ? "no names"
            : string.Join(", ", names.Take(MostNames).Select(n => n.Length <= 100 ? n : n[..100] + "…")) + (names.Length > MostNames ? ", …" : "");
    }

    private static string? TagOf(string reference)
    {
        int colon = reference.LastIndexOf(':');
        return colon > reference.LastIndexOf('/') && reference.Contains('/', StringComparison.Ordinal) ? reference[(colon + 1)..] : null;
    }
}
