using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace EdgeServe.AcceptanceTests.Rest;

/// <summary>Requests as clients write them, answers as tests look at them.</summary>
internal static class Requests
{
    public const string HeaderLength = "Inference-Header-Content-Length";

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Thirty features for breast-cancer, as JSON.</summary>
    public static string Features { get; } = string.Join(',', Enumerable.Range(0, 30).Select(i => (i + 0.5).ToString(CultureInfo.InvariantCulture)));

    public static string BreastCancer { get; } = $$"""{"inputs":[{"name":"features","shape":[1,30],"datatype":"FP32","data":[{{Features}}]}]}""";

    public static async Task<Answer> InferAsync(this HttpClient client, string model, string json, string contentType = "application/json") =>
        await client.SendAnswerAsync($"/v2/models/{model}/infer", Encoding.UTF8.GetBytes(json), contentType);

    /// <summary>A JSON header and binary tensors behind it.</summary>
    public static Task<Answer> InferBinaryAsync(this HttpClient client, string model, string header, byte[] tensors, string? headerLength = null)
    {
        byte[] head = Encoding.UTF8.GetBytes(header);
        return client.SendAnswerAsync($"/v2/models/{model}/infer", [.. head, .. tensors], null, r =>
            r.Headers.Add(HeaderLength, headerLength ?? head.Length.ToString(CultureInfo.InvariantCulture)));
    }

    public static async Task<Answer> SendAnswerAsync(this HttpClient client, string path, byte[] body, string? contentType, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        if (contentType is not null)
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        change?.Invoke(request);
        using var response = await client.SendAsync(request, Stop);
        return await Answer.ReadAsync(response);
    }

    public static async Task<Answer> GetAnswerAsync(this HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, Stop);
        return await Answer.ReadAsync(response);
    }

    public static Task<Answer> PostAnswerAsync(this HttpClient client, string path, string body = "") =>
        client.SendAnswerAsync(path, Encoding.UTF8.GetBytes(body), "application/json");

    public static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    internal sealed record Answer(int Status, string? ContentType, byte[] Body, HttpResponseHeaders Headers)
    {
        public string Text => Encoding.UTF8.GetString(Body);

        public JsonElement Json => JsonDocument.Parse(Body).RootElement;

        public string Error => Json.GetProperty("error").GetString()!;

        /// <summary>The data of the first output.</summary>
        public string Data => Json.GetProperty("outputs")[0].GetProperty("data").GetRawText();

        /// <summary>Of a binary answer: its JSON header and what follows.</summary>
        public (JsonElement Header, byte[] Tensors) Split()
        {
            int length = int.Parse(Headers.GetValues(HeaderLength).Single(), CultureInfo.InvariantCulture);
            return (JsonDocument.Parse(Body.AsMemory(0, length)).RootElement, Body[length..]);
        }

        public static async Task<Answer> ReadAsync(HttpResponseMessage response) => new(
            (int)response.StatusCode, response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsByteArrayAsync(Stop), response.Headers);
    }
}
