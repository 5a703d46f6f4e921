namespace EdgeServe.Engine.Bundles;

/// <summary>A list of content: a channel, or what an image layout holds (OCI image spec, index).</summary>
/// <param name="MediaType">Its own word for what it is; null: it says none.</param>
/// <param name="ArtifactType">What kind of artifact; null: none is said.</param>
/// <param name="Manifests">What it lists.</param>
/// <param name="Annotations">Never null.</param>
public sealed record ContentIndex(string? MediaType, string? ArtifactType, IReadOnlyList<Descriptor> Manifests, IReadOnlyDictionary<string, string> Annotations);
