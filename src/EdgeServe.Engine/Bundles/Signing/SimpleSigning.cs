using System.Text.Json;

namespace EdgeServe.Engine.Bundles.Signing;

/// <summary>The statement that is signed: "this digest", and nothing more (cosign, simple signing).</summary>
public static class SimpleSigning
{
    private const string Type = "cosign container image signature";

    /// <param name="reference">Where it is to be published; a hint for people.</param>
    /// <param name="digest">What is signed.</param>
    public static byte[] Payload(string reference, Digest digest)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, StrictJson.Plain))
        {
            json.WriteStartObject();
            json.WriteStartObject("critical");
            json.WriteStartObject("identity");
            json.WriteString("docker-reference", reference);
            json.WriteEndObject();
            json.WriteStartObject("image");
            json.WriteString("docker-manifest-digest", digest.ToString());
            json.WriteEndObject();
            json.WriteString("type", Type);
            json.WriteEndObject();
            json.WriteNull("optional");
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    /// <returns>The digest that is signed.</returns>
    /// <exception cref="BundleException"><see cref="BundleError.Malformed"/>, <see cref="BundleError.TooLarge"/>.</exception>
    public static Digest Read(ReadOnlyMemory<byte> payload)
    {
        const string what = "a signature's payload";
        if (payload.Length > ContentLimits.SignaturePayloadBytes)
            throw new BundleException(BundleError.TooLarge, $"{what} has {payload.Length} bytes, at most {ContentLimits.SignaturePayloadBytes} are read");
        return StrictJson.Read(what, payload, root =>
        {
            if (StrictJson.Member(root, "critical") is not { ValueKind: JsonValueKind.Object } critical
                || StrictJson.Member(critical, "image") is not { ValueKind: JsonValueKind.Object } image)
                throw StrictJson.Malformed(what, "it has no 'critical' with an 'image'");
            if (StrictJson.Text(critical, "type") != Type)
                throw StrictJson.Malformed(what, $"its type is not '{Type}'");
            return Digest.TryParse(StrictJson.Text(image, "docker-manifest-digest"), out var digest) ? digest : throw StrictJson.Malformed(what, "it names no digest");
        });
    }
}
