namespace EdgeServe.Engine.Models;

/// <summary>One version of a set on its way in, loaded and not serving yet.</summary>
/// <param name="Files">Where it is.</param>
/// <param name="Candidate">Loaded; the catalog holds its lease.</param>
/// <param name="Running">What serves under the same name now, leased for the time of the trial; null: nothing does.</param>
/// <param name="Growth">Bytes the process grew by while it was loaded; 0 when that cannot be told.</param>
internal sealed record StagedModel(ModelFiles Files, ServedModel Candidate, ServedModel? Running, long Growth);
