namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>A boot of the device on its own time line.</summary>
/// <param name="Id">As the kernel names it.</param>
/// <param name="FirstMs">Running time at which it was first seen; it ended where the next begins.</param>
/// <param name="OffsetMs">Wall clock minus running time, as last seen.</param>
/// <param name="IsPlaced">Was the wall clock right then?</param>
internal sealed record Boot(string Id, long FirstMs, long OffsetMs, bool IsPlaced);
