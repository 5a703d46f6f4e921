using System.Text.Encodings.Web;
using System.Text.Json;

namespace EdgeServe.Engine.Bundles;

/// <summary>Foreign JSON, read so that no two readers can disagree about it: no duplicate names, no deep nesting, nothing behind its end.</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = ContentLimits.Depth };

    /// <summary>For writing: this is no web page, a plus sign stays one.</summary>
    public static JsonWriterOptions Plain { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="what">For people: what is read.</param>
    /// <param name="content">Length already limited.</param>
    /// <param name="read">Gets the root, an object.</param>
    /// <exception cref="BundleException"><see cref="BundleError.Malformed"/>.</exception>
    public static T Read<T>(string what, ReadOnlyMemory<byte> content, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(content, Options);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : throw Malformed(what, "it is no JSON object");
        }
        catch (JsonException e)
        {
            throw Malformed(what, e.Message, e);
        }
        catch (InvalidOperationException e)
        {
            // Text that is no UTF-8 shows only when it is taken out.
            throw Malformed(what, "a text in it is not valid", e);
        }
    }

    /// <returns>Null when there is none.</returns>
    /// <exception cref="JsonException">Something else than a text.</exception>
    public static string? Text(JsonElement element, string name) => Member(element, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        _ => throw new JsonException($"'{name}' is not a text"),
    };

    /// <returns>Null when there is none.</returns>
    public static JsonElement? Member(JsonElement element, string name) =>
        element.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    public static BundleException Malformed(string what, string problem, Exception? inner = null) =>
        new(BundleError.Malformed, $"{what} cannot be read: {problem}", "It was damaged or not written for this purpose: write or publish it again.", inner);
}
