using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeServe.Hosting;
using EdgeServe.Http;

namespace EdgeServe.Cli;

/// <summary>The running service, by its control socket.</summary>
internal sealed class Service(string dataDirectory) : IDisposable
{
    private readonly HttpClient _client = ControlSocket.Connect(dataDirectory);

    /// <exception cref="ServiceException">No service runs there, or it said no.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, CancellationToken cancellation, HttpContent? body = null, Action<HttpRequestHeaders>? headers = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        headers?.Invoke(request.Headers);
        HttpResponseMessage response;
        try
        {
            response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException or IOException)
        {
            throw new ServiceException($"no service answers in data directory {Path.GetFullPath(dataDirectory)}", "Start it with `edgeserve serve`, or name its directory with --data DIR.");
        }

        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await RefusalAsync(response, cancellation);
    }

    public async Task<T> ReadAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken cancellation, HttpContent? body = null, Action<HttpRequestHeaders>? headers = null)
    {
        using var response = await SendAsync(method, path, cancellation, body, headers);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        return await JsonSerializer.DeserializeAsync(stream, type, cancellation)
            ?? throw new ServiceException($"{path} answered nothing", "Is the service of the same version as this program?");
    }

    public void Dispose() => _client.Dispose();

    private static async Task<ServiceException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        string text = await response.Content.ReadAsStringAsync(cancellation);
        try
        {
            if (JsonSerializer.Deserialize(text, WireJson.Default.ErrorBody) is { Error: not null } error)
                return new ServiceException(error.Error, error.Hint, error.Code);
        }
        catch (JsonException)
        {
            // Not this program's words.
        }

        return new ServiceException($"the service answered {(int)response.StatusCode} {response.ReasonPhrase}", "Its log says more.");
    }
}
