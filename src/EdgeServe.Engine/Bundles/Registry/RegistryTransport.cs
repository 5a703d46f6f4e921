using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Polly;
using Polly.Retry;

namespace EdgeServe.Engine.Bundles.Registry;

/// <summary>
/// Requests to one repository: credentials, redirects by hand, and every way a registry or what pretends to be one fails.
/// Answers are read by their headers only; nobody waits longer than patience for those.
/// </summary>
internal sealed class RegistryTransport : IDisposable
{
    private const int MostRedirects = 5;
    private const int TokenBytes = 64 << 10;
    private const int DefaultTokenSeconds = 60;
    private const int TokenMarginSeconds = 5;
    private readonly HttpClient _client;
    private readonly RegistryReference _reference;
    private readonly RegistryOptions _options;
    private readonly LinkBudget _budget;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<HttpResponseMessage> _retries;
    private AuthChallenge? _challenge;
    private string? _token;
    private long _tokenEnds;

    public RegistryTransport(RegistryReference reference, RegistryOptions options, LinkBudget budget, TimeProvider time)
    {
        (_reference, _options, _budget, _time) = (reference, options, budget, time);
        RequireSafe(reference.Root);
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.Patience,
            MaxResponseDrainSize = 0,
            MaxResponseHeadersLength = 32,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        var pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        if (options.Retries > 0)
        {
            pipeline.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = options.Retries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = a => ValueTask.FromResult(
                    a.Outcome.Exception is HttpRequestException { HttpRequestError: not HttpRequestError.SecureConnectionError }
                    || a.Outcome.Result is { StatusCode: HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout }),
                OnRetry = a =>
                {
                    a.Outcome.Result?.Dispose();
                    return default;
                },
            });
        }

        _retries = pipeline.Build();
    }

    /// <summary>For people.</summary>
    public string Name => $"{_reference.Root.Authority}/{_reference.Repository}";

    public Uri At(string path) => new(_reference.Root, $"v2/{_reference.Repository}/{path}");

    /// <summary>Sends, with credentials when they are asked for; follows redirects of a read.</summary>
    /// <param name="make">A new request for every try, without credentials.</param>
    /// <param name="elsewhere">A redirect to another host is this registry's way to store blobs; else it is a portal's.</param>
    /// <param name="cancellation">Stops.</param>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, bool elsewhere, CancellationToken cancellation)
    {
        _budget.Require();
        try
        {
            return await _retries.ExecuteAsync(async c => await OnceAsync(make, elsewhere, c), cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            string? hint = e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
                ? "Its certificate is not trusted, or this device's clock is wrong; a portal may be in between." : "It is tried again later; a stick needs no network.";
            throw new BundleException(BundleError.SourceUnavailable, $"{Name} cannot be reached: {e.Message}", hint, e);
        }
    }

    /// <summary>A body, counted and with patience. Disposes the response in the end.</summary>
    public async Task<Stream> BodyAsync(HttpResponseMessage response, CancellationToken cancellation) =>
        new LinkStream(await response.Content.ReadAsStreamAsync(cancellation), response, _budget, _options.Patience, _time);

    /// <summary>Reads a small body.</summary>
    public async Task<byte[]> ReadAsync(HttpResponseMessage response, int most, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentLength > most)
            throw TooLarge(most);
        await using var body = await BodyAsync(response, cancellation);
        using var content = new MemoryStream();
        byte[] buffer = new byte[16 << 10];
        try
        {
            while (await body.ReadAsync(buffer, cancellation) is > 0 and var count)
            {
                if (content.Length + count > most)
                    throw TooLarge(most);
                content.Write(buffer, 0, count);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new BundleException(BundleError.SourceUnavailable, $"{Name} broke off: {e.Message}", null, e);
        }

        return content.ToArray();
    }

    /// <summary>What an answer that is not the one hoped for means.</summary>
    public BundleException Refusal(HttpResponseMessage response, string what) => response.StatusCode switch
    {
        HttpStatusCode.NotFound => new BundleException(BundleError.NotFound, $"{Name} has no {what}", "Look at the name, and whether it was pushed."),
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new BundleException(BundleError.Unauthorized, $"{Name} does not give {what} to {_options.Username ?? "anybody without a name"}", "Look at the user name and the password file."),
        _ => new BundleException(BundleError.SourceUnavailable, $"{Name} answered {(int)response.StatusCode} for {what}", "It is tried again later."),
    };

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> OnceAsync(Func<HttpRequestMessage> make, bool elsewhere, CancellationToken cancellation)
    {
        var response = await FollowAsync(make, elsewhere, cancellation);
        if (response.StatusCode != HttpStatusCode.Unauthorized || AuthChallenge.Of(response.Headers) is not { } challenge)
            return response;
        if (challenge.Realm is null && (_options.Password is null || _challenge is not null))
            return response;
        response.Dispose();
        _challenge = challenge;
        _token = null;
        return await FollowAsync(make, elsewhere, cancellation);
    }

    private async Task<HttpResponseMessage> FollowAsync(Func<HttpRequestMessage> make, bool elsewhere, CancellationToken cancellation)
    {
        Uri? next = null;
        for (int hop = 0; ; hop++)
        {
            using var request = make();
            request.RequestUri = next ?? request.RequestUri!;
            // The host the credentials are for, and no other: compared by scheme, host and port.
            if (IsHome(request.RequestUri))
                request.Headers.Authorization = await AuthorizationAsync(cancellation);
            var response = await HeadersAsync(request, cancellation);
            try
            {
                if (request.Method != HttpMethod.Get || (int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
                    return Recognised(response);
                next = new Uri(request.RequestUri, location);
                if (hop == MostRedirects)
                    throw new BundleException(BundleError.SourceUnavailable, $"{Name} sends from one address to the next, {MostRedirects} times");
                if (!elsewhere && !IsHome(next))
                    throw Portal($"sends to {next.Host}");
                if (request.RequestUri.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps)
                    throw new BundleException(BundleError.SourceUnavailable, $"{Name} sends from https to {next.Scheme}://{next.Host}, which is refused");
                RequireSafe(next);
                response.Dispose();
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }

    private async Task<HttpResponseMessage> HeadersAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(_options.Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new BundleException(BundleError.SourceUnavailable, $"{Name} did not answer in {_options.Patience.TotalSeconds:F0} s", "It is tried again later.", e);
        }
    }

    private async Task<AuthenticationHeaderValue?> AuthorizationAsync(CancellationToken cancellation)
    {
        if (_challenge is not { } challenge)
            return null;
        if (challenge.Realm is null)
            return Basic();
        if (_token is null || _time.GetTimestamp() >= _tokenEnds)
            await AskForTokenAsync(challenge, cancellation);
        return new AuthenticationHeaderValue("Bearer", _token);
    }

    private async Task AskForTokenAsync(AuthChallenge challenge, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(challenge.Realm, UriKind.Absolute, out var realm))
            throw new BundleException(BundleError.Malformed, $"{Name} names no address where tokens are given");
        RequireSafe(realm);
        if (_reference.Root.Scheme == Uri.UriSchemeHttps && realm.Scheme != Uri.UriSchemeHttps)
            throw new BundleException(BundleError.Unauthorized, $"{Name} wants the password sent to {realm.Host} in the clear, which is refused");
        string scope = $"repository:{_reference.Repository}:{(_options.Push ? "pull,push" : "pull")}";
        string query = $"scope={Uri.EscapeDataString(scope)}" + (challenge.Service is { } service ? $"&service={Uri.EscapeDataString(service)}" : "");
        using var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = realm.Query.TrimStart('?') is { Length: > 0 } more ? $"{more}&{query}" : query }.Uri);
        request.Headers.Authorization = Basic();
        using var response = Recognised(await HeadersAsync(request, cancellation));
        if (response.StatusCode != HttpStatusCode.OK)
            throw Refusal(response, "a token");
        byte[] body = await ReadAsync(response, TokenBytes, cancellation);
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = ContentLimits.Depth });
            string? token = Text(json.RootElement, "token") ?? Text(json.RootElement, "access_token");
            if (token is null || token.Length == 0 || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
                throw new BundleException(BundleError.Malformed, $"{realm.Host} gave no token for {Name}");
            int seconds = json.RootElement.TryGetProperty("expires_in", out var e) && e.TryGetInt32(out int given) && given > 0 ? given : DefaultTokenSeconds;
            _token = token;
            _tokenEnds = _time.GetTimestamp() + (Math.Max(1, seconds - TokenMarginSeconds) * _time.TimestampFrequency);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new BundleException(BundleError.Malformed, $"{realm.Host} gave no token for {Name}", null, e);
        }
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private AuthenticationHeaderValue? Basic() => _options.Password is null ? null
        : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_options.Username}:{_options.Password}")));

    /// <summary>No registry speaks HTML, and 511 is the portals' own status (RFC 6585, section 6).</summary>
    private HttpResponseMessage Recognised(HttpResponseMessage response) =>
        (int)response.StatusCode == 511 || response.Content.Headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml"
            ? throw Portal($"answers {(int)response.StatusCode} with a page") : response;

    private BundleException Portal(string what) =>
        new(BundleError.CaptivePortal, $"something in between {what} instead of {Name}", "Open a browser on this network and sign in, or use a stick.");

    private BundleException TooLarge(int most) => new(BundleError.TooLarge, $"{Name} answers with more than {most} bytes");

    private bool IsHome(Uri address) => address.Scheme == _reference.Root.Scheme && address.Authority == _reference.Root.Authority;

    private void RequireSafe(Uri address)
    {
        bool safe = address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && (_options.Insecure || RegistryReference.IsLoopback(address)));
        if (!safe)
            throw new BundleException(BundleError.SourceUnavailable, $"{address.Host} is asked for without encryption, which is refused", "Use https, or say --insecure on a network you trust.");
    }
}
