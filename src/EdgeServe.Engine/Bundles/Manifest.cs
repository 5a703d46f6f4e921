namespace EdgeServe.Engine.Bundles;

/// <summary>One bundle, or the signatures on one index (OCI image spec, manifest).</summary>
/// <param name="MediaType">Its own word for what it is; null: it says none.</param>
/// <param name="ArtifactType">What kind of artifact; null: the config's media type says it.</param>
/// <param name="Config">Description of the model, for tools.</param>
/// <param name="Layers">The files.</param>
/// <param name="Subject">What it is about; null: nothing.</param>
/// <param name="Annotations">Never null.</param>
public sealed record Manifest(
    string? MediaType, string? ArtifactType, Descriptor Config, IReadOnlyList<Descriptor> Layers, Descriptor? Subject, IReadOnlyDictionary<string, string> Annotations);
