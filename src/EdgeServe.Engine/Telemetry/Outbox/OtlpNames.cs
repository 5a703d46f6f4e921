namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Attributes that every batch carries in its resource, and field numbers of the OTLP messages (opentelemetry-proto 1.x, stable).</summary>
internal static class OtlpNames
{
    public const string Prefix = "edgeserve.";
    public const string DeviceId = "edgeserve.device.id";
    public const string Epoch = "edgeserve.batch.epoch";
    public const string Sequence = "edgeserve.batch.sequence";
    public const string Part = "edgeserve.batch.part";
    public const string BootId = "edgeserve.boot.id";
    public const string DeviceMs = "edgeserve.clock.device_ms";
    public const string WallMs = "edgeserve.clock.wall_ms";
    public const string Quality = "edgeserve.clock.quality";
    public const string AuditSequence = "edgeserve.audit.sequence";
    public const string AuditHash = "edgeserve.audit.hash";
    public const string ServiceName = "service.name";
    public const string ServiceVersion = "service.version";
    public const string ServiceInstance = "service.instance.id";

    // Export{Logs,Metrics,Trace}ServiceRequest, Resource{Logs,Metrics,Spans}, Scope{Logs,Metrics,Spans}: the three agree.
    public const int RequestResources = 1;
    public const int ResourceOfItems = 1;
    public const int ScopesOfItems = 2;
    public const int ScopeItems = 2;

    // Resource, KeyValue, AnyValue
    public const int Attributes = 1;
    public const int Key = 1;
    public const int Value = 2;
    public const int StringValue = 1;
    public const int BoolValue = 2;
    public const int IntValue = 3;
    public const int DoubleValue = 4;
    public const int ArrayValue = 5;
    public const int BytesValue = 7;

    public static string PathOf(OtlpSignal signal) => signal switch
    {
        OtlpSignal.Logs => "/v1/logs",
        OtlpSignal.Metrics => "/v1/metrics",
        _ => "/v1/traces",
    };

    public static string Text(Device.ClockQuality quality) => quality switch
    {
        Device.ClockQuality.Unset => "unset",
        Device.ClockQuality.Free => "free",
        Device.ClockQuality.Synchronized => "synchronized",
        _ => "set_back",
    };

    public static void Attribute(ProtoWriter writer, int field, string key, string value)
    {
        int pair = BeginValue(writer, field, key, out int any);
        writer.String(StringValue, value);
        writer.End(any);
        writer.End(pair);
    }

    public static void Attribute(ProtoWriter writer, int field, string key, long value)
    {
        int pair = BeginValue(writer, field, key, out int any);
        writer.Varint(IntValue, (ulong)value);
        writer.End(any);
        writer.End(pair);
    }

    public static void Attribute(ProtoWriter writer, int field, string key, double value)
    {
        int pair = BeginValue(writer, field, key, out int any);
        writer.Double(DoubleValue, value);
        writer.End(any);
        writer.End(pair);
    }

    private static int BeginValue(ProtoWriter writer, int field, string key, out int any)
    {
        int pair = writer.Begin(field);
        writer.String(Key, key);
        any = writer.Begin(Value);
        return pair;
    }
}
