using System.Text.Json;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.Security.Keys;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>A server with a network, and a client for every kind of key.</summary>
public sealed class AccessKeys : IAsyncLifetime
{
    private readonly Dictionary<string, HttpClient> _clients = [];

    public LanServer Server { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await Server.InitializeAsync();
        _clients["none"] = Server.Client();
        _clients["malformed"] = Server.Client("secret");
        _clients["unknown"] = Server.Client(KeyText.Make(out _));
        _clients["expired"] = Server.Client((await Server.AddAsync("expired", "admin", ""","expires_in_hours":0.0000001""")).Key);
        var (revoked, id) = await Server.AddAsync("revoked", "admin");
        await Server.RevokeAsync(id);
        _clients["revoked"] = Server.Client(revoked);
        foreach (string scope in new[] { "infer", "operate", "admin" })
            _clients[scope] = Server.Client((await Server.AddAsync(scope, scope)).Key);
        _clients["other-model"] = Server.Client((await Server.AddAsync("other-model", "operate", ""","models":["breast-cancer"]""")).Key);
    }

    public HttpClient Of(string key) => _clients[key];

    public async Task<string> SubmitAsync(string key, string? idempotency = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/edge/v1/models/breast-cancer/jobs") { Content = new StringContent(Requests.BreastCancer) };
        if (idempotency is not null)
            request.Headers.Add("Idempotency-Key", idempotency);
        using var response = await Of(key).SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(202, (int)response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>Sends, and reads what comes unless it never ends.</summary>
    public async Task<AccessAnswer> SendAsync(string key, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post)
            request.Content = new StringContent("{}");
        using var response = await Of(key).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        string challenge = response.Headers.WwwAuthenticate.ToString();
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream")
            return new AccessAnswer((int)response.StatusCode, "", challenge, null);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        string? code = !response.IsSuccessStatusCode && text.StartsWith('{') && JsonDocument.Parse(text).RootElement.TryGetProperty("code", out var named) ? named.GetString() : null;
        return new AccessAnswer((int)response.StatusCode, text, challenge, code);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
        await Server.DisposeAsync();
    }
}
