namespace EdgeServe.Cli.Models;

/// <param name="Name">Model name.</param>
/// <param name="Version">Null where the folder holds no version.</param>
/// <param name="Bytes">Size of the graph's file.</param>
/// <param name="MaxBatchSize">As the definition says; null: derived from the graph.</param>
/// <param name="GoldenSamples">Samples that <c>model check</c> would run.</param>
/// <param name="Licence">As the definition says.</param>
/// <param name="Description">As the definition says.</param>
/// <param name="Problems">Why it could not be served as it lies there; empty when nothing speaks against it.</param>
internal sealed record ModelRow(
    string Name, long? Version, long Bytes, int? MaxBatchSize, int GoldenSamples, string? Licence, string? Description, string[] Problems);
