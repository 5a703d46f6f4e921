using EdgeServe.Engine.Audit;

namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>What is written into the resource of everything that leaves, so that a receiver behind any collector can tell batches apart and place them in time.</summary>
internal sealed record BatchStamp(string DeviceId, string ServiceName, string ServiceVersion, long Epoch, long Sequence, string Part, OutboxMoment Moment)
{
    private static readonly string[] Names =
    [
        OtlpNames.DeviceId, OtlpNames.Epoch, OtlpNames.Sequence, OtlpNames.Part, OtlpNames.BootId, OtlpNames.DeviceMs, OtlpNames.WallMs,
        OtlpNames.Quality, OtlpNames.AuditSequence, OtlpNames.AuditHash, OtlpNames.ServiceName, OtlpNames.ServiceVersion, OtlpNames.ServiceInstance,
    ];

    private static readonly byte[][] Owned = Array.ConvertAll(Names, System.Text.Encoding.UTF8.GetBytes);

    /// <summary>The last line of the audit log when the batch was stored; null: not known. Whoever has it sees a log that was cut off since.</summary>
    public AuditHead? Audit { get; init; }

    /// <summary>Is this one of the keys that the stamp writes? Whoever else wrote it loses.</summary>
    public static bool Owns(ReadOnlySpan<byte> key)
    {
        foreach (byte[] owned in Owned)
        {
            if (key.SequenceEqual(owned))
                return true;
        }

        return false;
    }

    /// <summary>Writes the attributes of a Resource.</summary>
    public void Write(ProtoWriter writer)
    {
        OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.ServiceName, ServiceName);
        if (ServiceVersion.Length > 0)
            OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.ServiceVersion, ServiceVersion);
        OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.ServiceInstance, DeviceId);
        OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.DeviceId, DeviceId);
        OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.Epoch, Epoch);
        OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.Sequence, Sequence);
        if (Part.Length > 0)
            OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.Part, Part);
        OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.BootId, Moment.BootId);
        OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.DeviceMs, Moment.DeviceMs);
        OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.WallMs, Moment.WallMs);
        OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.Quality, OtlpNames.Text(Moment.Quality));
        if (Audit is null)
            return;
        OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.AuditSequence, Audit.Sequence);
        OtlpNames.Attribute(writer, OtlpNames.Attributes, OtlpNames.AuditHash, Audit.Hash);
    }
}
