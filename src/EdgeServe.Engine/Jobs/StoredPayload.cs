using EdgeServe.Engine.Jobs.Keys;

namespace EdgeServe.Engine.Jobs;

/// <summary>A payload that is written, durable if it is a file, and waits for the row that names it.</summary>
/// <param name="Place">Where it is.</param>
/// <param name="Envelope">The whole envelope when it goes into the database.</param>
/// <param name="Bytes">Of content.</param>
/// <param name="Hash">Of plain header and content, 16 bytes.</param>
/// <param name="Key">That seals it.</param>
internal sealed record StoredPayload(PayloadPlace Place, byte[]? Envelope, long Bytes, byte[] Hash, KeyRef Key);
