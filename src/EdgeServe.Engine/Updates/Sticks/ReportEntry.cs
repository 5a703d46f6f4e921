using EdgeServe.Engine.Audit;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>What one box did with the stick the last time it had it.</summary>
/// <param name="Device">The box's id, 32 hexadecimal digits.</param>
/// <param name="Name">What people call the box. Foreign text when read from a stick.</param>
/// <param name="Text">What happened.</param>
/// <param name="Code">Of the refusal, in snake_case; null when it was none.</param>
/// <param name="Channel">What the box follows; null: nothing.</param>
/// <param name="Release">The release on the stick; 0: unknown.</param>
/// <param name="At">ISO 8601, UTC, by the box's own clock; null when that was never set.</param>
/// <param name="Program">EdgeServe's version on the box.</param>
internal sealed record ReportEntry(string Device, string Name, CarrierText Text, string? Code, string? Channel, long Release, string? At, string Program)
{
    /// <summary>What the stick carries to head office; null: nothing is said of it.</summary>
    public CarrierText? Cargo { get; init; }

    /// <summary>Of what kept the cargo from it, in snake_case; null: nothing did.</summary>
    public string? CargoCode { get; init; }

    /// <summary>The last line of the box's audit log then; null: nothing is said of it.</summary>
    public AuditHead? Audit { get; init; }
}
