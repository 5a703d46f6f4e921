namespace EdgeServe.Engine.Updates;

/// <summary>How one update, or one attempt at one, ended. Kept, newest last.</summary>
/// <param name="Code"><c>activated</c>, <c>committed</c>, <c>rolled_back</c>, or the code of a refusal.</param>
/// <param name="Release">0 when it was not known.</param>
/// <param name="Digest">Of the index; empty when it was not known.</param>
/// <param name="Source">Where it came from, or who asked.</param>
/// <param name="Message">What happened, for an operator.</param>
/// <param name="Hint">What to do; null: nothing.</param>
/// <param name="UnixMs">By the wall clock, for people.</param>
/// <param name="RunningMs">By the box's running time.</param>
/// <param name="Bytes">Fetched.</param>
public sealed record UpdateEvent(string Code, long Release, string Digest, string Source, string Message, string? Hint, long UnixMs, long RunningMs, long Bytes);
