using System.Globalization;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>What carried-out telemetry is called in a layout and in a registry. Annotations are for people and tools; what counts is signed.</summary>
internal static class CarryOutNames
{
    /// <summary>artifactType of an export, and the type of its signed statement, which is its config.</summary>
    public const string Export = "application/vnd.edgeserve.outbox.v1+json";

    /// <summary>A layer: CMS EnvelopedData in DER, in it a tar of requests.</summary>
    public const string Part = "application/vnd.edgeserve.outbox.part.v1+cms";

    /// <summary>artifactType and config of an acknowledgement.</summary>
    public const string Acknowledgement = "application/vnd.edgeserve.outbox.acknowledgement.v1+json";

    /// <summary>Base64 of an ASN.1 DER ECDSA signature over SHA-256 of the config's bytes.</summary>
    public const string Signature = "io.edgeserve.signature";

    public const string Device = "io.edgeserve.device";
    public const string Epoch = "io.edgeserve.epoch";
    public const string Ranges = "io.edgeserve.ranges";
    public const string Boot = "io.edgeserve.boot";

    /// <summary>What <c>io.edgeserve.type</c> of an index.json says that was made for nothing but telemetry.</summary>
    public const string IndexType = "outbox";

    /// <summary>Of every tag of ours.</summary>
    public const string Prefix = "outbox-";

    private const string AcknowledgementPrefix = "outbox-acknowledgement-";
    private const int IdLength = 32;

    public static string ExportTag(string device, long epoch, long first) => string.Create(CultureInfo.InvariantCulture, $"{ExportsOf(device)}{epoch}-{first}");

    /// <summary>What the tags of one device's exports begin with.</summary>
    public static string ExportsOf(string device) => $"{Prefix}{device}-";

    public static string AcknowledgementTag(string device) => AcknowledgementPrefix + device;

    /// <summary>Is this the tag of an export, whoever's?</summary>
    public static bool IsExport(string? tag) => tag?.StartsWith(Prefix, StringComparison.Ordinal) == true && !tag.StartsWith(AcknowledgementPrefix, StringComparison.Ordinal);

    public static bool IsDevice(string? id) => id is { Length: IdLength } && !id.AsSpan().ContainsAnyExcept("0123456789abcdef");
}
