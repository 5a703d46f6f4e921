using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EdgeServe.Http;

/// <summary>Small JSON bodies.</summary>
internal static class JsonRequest
{
    public const int MostBytes = 16 << 10;

    /// <param name="context">Its body.</param>
    /// <param name="type">What it should be.</param>
    /// <param name="invalid">Made of what is wrong with it, to be thrown.</param>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, Func<string, Exception> invalid)
        where T : class
    {
        byte[] body = await BytesAsync(context) ?? throw invalid($"the body has more than {MostBytes >> 10} KiB");
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw invalid("the body is null");
        }
        catch (JsonException e)
        {
            throw invalid($"the body is not the JSON that is expected: {e.Message}");
        }
    }

    /// <returns>Null when there are too many.</returns>
    public static async Task<byte[]?> BytesAsync(HttpContext context)
    {
        byte[] buffer = new byte[MostBytes + 1];
        int length = await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, context.RequestAborted);
        return length > MostBytes ? null : buffer[..length];
    }
}
