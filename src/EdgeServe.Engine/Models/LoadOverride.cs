namespace EdgeServe.Engine.Models;

/// <summary>What a load request brings with it.</summary>
/// <param name="Definition">Used instead of <c>model.json</c> until the next load without one.</param>
/// <param name="Policy">Used instead of the configured version policy.</param>
/// <param name="StagedFolder">Folder holding uploaded files in the repository's layout, loaded before they take the old ones' place.</param>
/// <param name="Commit">Called when everything loaded, before the new versions answer.</param>
public sealed record LoadOverride(ModelDefinition? Definition, VersionPolicy? Policy, string? StagedFolder, Action Commit);
