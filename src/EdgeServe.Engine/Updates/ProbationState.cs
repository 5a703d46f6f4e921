namespace EdgeServe.Engine.Updates;

/// <summary>A set that serves and may still be taken back.</summary>
/// <param name="LeftMs">Running time until it counts as good.</param>
/// <param name="Crashes">How often the process ended in it without being told to.</param>
/// <param name="Running">A process serves it now, or ended without putting that away.</param>
/// <param name="Changed">Its versions that the set before did not have with the same content: <c>name/version</c>.</param>
public sealed record ProbationState(long LeftMs, int Crashes, bool Running, IReadOnlyList<string> Changed);
