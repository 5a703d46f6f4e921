using EdgeServe.Engine.Device;

namespace EdgeServe.Engine.Audit;

/// <summary>Something worth being held against somebody.</summary>
/// <param name="What">Its kind, dotted: <c>key.made</c>.</param>
/// <param name="Who">The id of the key that did it, <c>local</c> for the box itself, <c>service</c> for what happened by itself.</param>
/// <param name="Text">One sentence. Never a secret, never an input.</param>
/// <param name="DeviceMs">The box's running time.</param>
/// <param name="WallMs">Milliseconds since 1970 by the wall clock.</param>
/// <param name="Quality">How far that clock could be believed.</param>
/// <param name="Boot">This boot's id.</param>
internal sealed record AuditEvent(string What, string Who, string Text, long DeviceMs, long WallMs, ClockQuality Quality, string Boot);
