using System.IO.Compression;
using EdgeServe.TestCollector.Otlp;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Microsoft.AspNetCore.Http;

namespace EdgeServe.TestCollector;

/// <summary>One request, decoded.</summary>
public sealed class Export
{
    private Export(string signal, byte[] content, byte[] protobuf, IMessage message)
    {
        (Signal, Content, Protobuf, Message) = (signal, content, protobuf, message);
        Resource = message switch
        {
            ExportLogsRequest { ResourceLogs: [var first, ..] } => first.Resource,
            ExportMetricsRequest { ResourceMetrics: [var first, ..] } => first.Resource,
            ExportTraceRequest { ResourceSpans: [var first, ..] } => first.Resource,
            _ => new Resource(),
        };
        IsEmpty = protobuf.Length == 0;
        Id = new BatchId(Text("edgeserve.device.id"), Number("edgeserve.batch.epoch"), Number("edgeserve.batch.sequence"), Text("edgeserve.batch.part"));
    }

    /// <summary>A request with nothing in it: a sender asks whether a collector is there.</summary>
    public bool IsEmpty { get; }

    /// <summary>logs, metrics or traces.</summary>
    public string Signal { get; }

    /// <summary>As it was sent, compressed or not.</summary>
    public byte[] Content { get; }

    public byte[] Protobuf { get; }

    public IMessage Message { get; }

    public Resource Resource { get; }

    public BatchId Id { get; }

    /// <summary>Log records; none of another signal.</summary>
    public IEnumerable<LogRecord> Logs => Message is ExportLogsRequest logs ? logs.ResourceLogs.SelectMany(r => r.ScopeLogs).SelectMany(s => s.LogRecords) : [];

    public IEnumerable<Metric> Metrics => Message is ExportMetricsRequest metrics ? metrics.ResourceMetrics.SelectMany(r => r.ScopeMetrics).SelectMany(s => s.Metrics) : [];

    public IEnumerable<Span> Spans => Message is ExportTraceRequest traces ? traces.ResourceSpans.SelectMany(r => r.ScopeSpans).SelectMany(s => s.Spans) : [];

    /// <summary>Reads the body to its end.</summary>
    /// <exception cref="InvalidDataException">Not what the protocol allows: the test is over.</exception>
    public static async Task<Export> ReadAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return Decode(context.Request, buffer.ToArray());
    }

    public static Export Decode(HttpRequest request, byte[] content)
    {
        string signal = request.Path.Value!.Split('/')[^1];
        if (request.Method != "POST" || request.ContentType != "application/x-protobuf")
            throw new InvalidDataException($"{request.Method} {request.Path} of {request.ContentType}");
        return Decode(signal, content, request.Headers.ContentEncoding.ToString());
    }

    public static Export Decode(string signal, byte[] content, string encoding)
    {
        byte[] protobuf = encoding switch
        {
            "gzip" => Unzip(content),
            "" => content,
            _ => throw new InvalidDataException($"content encoding {encoding}"),
        };
        return new Export(signal, content, protobuf, signal switch
        {
            "logs" => Strictly(ExportLogsRequest.Parser, protobuf),
            "metrics" => Strictly(ExportMetricsRequest.Parser, protobuf),
            "traces" => Strictly(ExportTraceRequest.Parser, protobuf),
            _ => throw new InvalidDataException($"no signal is called {signal}"),
        });
    }

    /// <summary>An attribute of the resource; empty when it has none of that name.</summary>
    public string Text(string key) => Text(Resource.Attributes, key);

    public static string Text(RepeatedField<KeyValue> attributes, string key) => attributes.LastOrDefault(a => a.Key == key)?.Value switch
    {
        null => "",
        { ValueCase: AnyValue.ValueOneofCase.StringValue } text => text.StringValue,
        { ValueCase: AnyValue.ValueOneofCase.IntValue } number => number.IntValue.ToString(System.Globalization.CultureInfo.InvariantCulture),
        var other => other.ToString(),
    };

    public static long Number(RepeatedField<KeyValue> attributes, string key) =>
        long.TryParse(Text(attributes, key), System.Globalization.CultureInfo.InvariantCulture, out long number) ? number : -1;

    private long Number(string key) => Number(Resource.Attributes, key);

    /// <summary>Every byte must be of a field that is described.</summary>
    private static T Strictly<T>(MessageParser<T> parser, byte[] protobuf)
        where T : IMessage<T>
    {
        var message = parser.ParseFrom(protobuf);
        int known = parser.WithDiscardUnknownFields(true).ParseFrom(protobuf).CalculateSize();
        if (known != message.CalculateSize())
            throw new InvalidDataException($"{message.CalculateSize() - known} bytes of {typeof(T).Name} are of fields the protocol does not have");
        return message;
    }

    private static byte[] Unzip(byte[] content)
    {
        using var zipped = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        zipped.CopyTo(plain);
        return plain.ToArray();
    }
}
