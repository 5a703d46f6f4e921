namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Writes an ExportLogsServiceRequest record by record: for what this program says itself, without the SDK in between.</summary>
internal sealed class OtlpLogs
{
    private const int Time = 1;
    private const int SeverityNumber = 2;
    private const int Body = 5;
    private const int RecordAttributes = 6;
    private const int ObservedTime = 11;
    private const int EventName = 12;
    private const int Scope = 1;
    private const int ScopeName = 1;
    private readonly ProtoWriter _writer = new();
    private int _items;
    private int _scope;
    private int _record;

    public int Count { get; private set; }

    public int Bytes => _writer.Length;

    /// <summary>Begins a request whose records share a scope.</summary>
    public void Begin(string scope)
    {
        _writer.Clear();
        Count = 0;
        _items = _writer.Begin(OtlpNames.RequestResources);
        _scope = _writer.Begin(OtlpNames.ScopesOfItems);
        int name = _writer.Begin(Scope);
        _writer.String(ScopeName, scope);
        _writer.End(name);
    }

    /// <param name="eventName">What the attributes are about.</param>
    /// <param name="severity">9 information, 13 warning, 17 error.</param>
    /// <param name="wallMs">As the wall clock had it; the batch and the record say how far it could be believed.</param>
    /// <param name="body">For people; empty: none.</param>
    public void BeginRecord(string eventName, int severity, long wallMs, string body)
    {
        Begin(eventName, severity, wallMs);
        if (body.Length == 0)
            return;
        int value = _writer.Begin(Body);
        _writer.String(OtlpNames.StringValue, body);
        _writer.End(value);
    }

    /// <inheritdoc cref="BeginRecord(string, int, long, string)"/>
    /// <param name="body">For programs.</param>
    public void BeginRecord(string eventName, int severity, long wallMs, ReadOnlySpan<byte> body)
    {
        Begin(eventName, severity, wallMs);
        int value = _writer.Begin(Body);
        _writer.Bytes(OtlpNames.BytesValue, body);
        _writer.End(value);
    }

    public void Attribute(string key, string value) => OtlpNames.Attribute(_writer, RecordAttributes, key, value);

    public void Attribute(string key, long value) => OtlpNames.Attribute(_writer, RecordAttributes, key, value);

    public void Attribute(string key, double value) => OtlpNames.Attribute(_writer, RecordAttributes, key, value);

    public void EndRecord()
    {
        _writer.Fixed64(ObservedTime, _observed);
        _writer.String(EventName, _eventName);
        _writer.End(_record);
        Count++;
    }

    /// <returns>The request.</returns>
    public byte[] End()
    {
        _writer.End(_scope);
        _writer.End(_items);
        return _writer.ToArray();
    }

    private void Begin(string eventName, int severity, long wallMs)
    {
        _record = _writer.Begin(OtlpNames.ScopeItems);
        _eventName = eventName;
        _observed = (ulong)Math.Max(0, wallMs) * 1_000_000;
        _writer.Fixed64(Time, _observed);
        _writer.Varint(SeverityNumber, (ulong)severity);
    }

    private string _eventName = "";
    private ulong _observed;
}
