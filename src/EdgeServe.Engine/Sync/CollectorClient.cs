using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Telemetry.Outbox;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace EdgeServe.Engine.Sync;

/// <summary>
/// One collector over OTLP/HTTP. Posts what is stored, unchanged, and says what became of it; never throws for anything a
/// network can do. One quick repetition and the circuit breaker are of this process; what must outlive it is the
/// forwarder's to keep.
/// </summary>
internal sealed class CollectorClient : IDisposable
{
    public const int MostAnswerBytes = 64 << 10;

    /// <summary>Beyond what the kernel holds, a byte written is a byte the link has taken: that is how a slow link is told from a dead one.</summary>
    private const int SendBuffer = 128 << 10;

    /// <summary>The slowest link that is waited for, in bytes a second: the kernel doubles the buffer, and it has to run dry before an answer comes.</summary>
    private const int SlowestLink = 2 << 10;

    private const int LeastChunk = 1 << 10;
    private const int MostChunk = 64 << 10;

    /// <summary>Request line, headers and the answer, about.</summary>
    private const int Overhead = 512;

    /// <summary>gzip of nothing (RFC 1952).</summary>
    private static readonly byte[] Empty = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly HttpClient _client;
    private readonly SyncOptions _options;
    private readonly LinkBudget _budget;
    private readonly DeviceClock _clock;
    private readonly TimeProvider _time;
    private readonly int _chunk;
    private readonly CircuitBreakerManualControl _breakers = new();
    private readonly ResiliencePipeline<ExportAnswer>[] _pipelines;
    private IReadOnlyList<KeyValuePair<string, string>> _headers = [];

    /// <exception cref="CryptographicException">The file of roots is none.</exception>
    /// <exception cref="IOException">It is not there.</exception>
    public CollectorClient(Uri endpoint, SyncOptions options, LinkBudget budget, DeviceClock clock, TimeProvider time)
    {
        (Endpoint, _options, _budget, _clock, _time) = (endpoint, options, budget, clock, time);
        _chunk = options.BytesPerSecond == 0 ? MostChunk : (int)Math.Clamp(options.BytesPerSecond, LeastChunk, MostChunk);
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.Patience,
            MaxResponseDrainSize = MostAnswerBytes,
            MaxResponseHeadersLength = 32,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            ConnectCallback = ConnectAsync,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = options.CaFile is { } file ? Policy(file) : null },
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        _pipelines = [.. Enum.GetValues<OtlpSignal>().Select(_ => Pipeline())];
    }

    /// <summary>In front of <c>/v1/logs</c>, <c>/v1/metrics</c> and <c>/v1/traces</c>.</summary>
    public Uri Endpoint { get; }

    /// <summary>Before a round of posts: secrets may have been changed, and what a breaker remembers is the round before.</summary>
    /// <exception cref="FormatException">The headers are none.</exception>
    /// <exception cref="IOException">Their file is not there.</exception>
    public async Task BeginAsync()
    {
        _headers = _options.HeadersFile is { } file ? CollectorHeaders.Read(file) : [];
        await _breakers.CloseAsync();
    }

    public async Task<ExportAnswer> PostAsync(OtlpSignal signal, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        try
        {
            return await _pipelines[(int)signal].ExecuteAsync(async c => await OnceAsync(signal, payload, c), cancellation);
        }
        catch (BrokenCircuitException)
        {
            return new ExportAnswer(ExportOutcome.Unavailable, "failed again and again, and is left alone for a moment");
        }
    }

    /// <summary>A request with nothing in it, which every collector takes: is one there that takes this signal?</summary>
    public Task<ExportAnswer> ProbeAsync(OtlpSignal signal, CancellationToken cancellation) => PostAsync(signal, Empty, cancellation);

    public void Dispose() => _client.Dispose();

    private async Task<ExportAnswer> OnceAsync(OtlpSignal signal, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        var patience = _options.Patience + TimeSpan.FromSeconds(Math.Min(payload.Length, 2 * SendBuffer) / SlowestLink);
        using var limit = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        bool began = false;
        try
        {
            await _budget.SpendAsync(Overhead, cancellation);
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Endpoint.AbsoluteUri.TrimEnd('/') + OtlpNames.PathOf(signal)));
            request.Content = new LinkContent(payload, _budget, _chunk, () =>
            {
                began = true;
                limit.CancelAfter(patience);
            });
            foreach (var (name, value) in _headers)
                request.Headers.TryAddWithoutValidation(name, value);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return ExportJudge.Of(await ReplyAsync(response, either.Token));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new ExportAnswer(began ? ExportOutcome.Unproven : ExportOutcome.Unreachable, $"did nothing for {patience.TotalSeconds:F0} s");
        }
        catch (HttpRequestException e)
        {
            var outcome = e.HttpRequestError switch
            {
                HttpRequestError.SecureConnectionError => ExportOutcome.Untrusted,
                HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError => ExportOutcome.Unreachable,
                _ => ExportOutcome.Unproven,
            };
            return new ExportAnswer(outcome, Line.Of((e.InnerException ?? e).Message));
        }
        catch (IOException e)
        {
            return new ExportAnswer(ExportOutcome.Unproven, Line.Of(e.Message));
        }
    }

    private async Task<CollectorReply> ReplyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var (body, tooLong) = await BodyAsync(response, cancellation);
        string? retryAfter = response.Headers.NonValidated.TryGetValues("Retry-After", out var values) ? values.ToString() : null;
        return new CollectorReply((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant(), body, Endpoint.Scheme == Uri.UriSchemeHttps)
        {
            TooLong = tooLong,
            Location = response.Headers.Location?.ToString(),
            RetryAfter = RetryAfter.Read(retryAfter, response.Headers.Date, _time.GetUtcNow(), _clock.Quality),
        };
    }

    private static async Task<(byte[]? Body, bool TooLong)> BodyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentLength is 0)
            return ([], false);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MostAnswerBytes + 1);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            int length = await stream.ReadAtLeastAsync(buffer.AsMemory(0, MostAnswerBytes + 1), MostAnswerBytes + 1, throwOnEndOfStream: false, cancellation);
            return length > MostAnswerBytes ? (null, true) : (buffer[..length], false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return (null, false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ResiliencePipeline<ExportAnswer> Pipeline() => new ResiliencePipelineBuilder<ExportAnswer> { TimeProvider = _time }
        .AddRetry(new RetryStrategyOptions<ExportAnswer>
        {
            MaxRetryAttempts = 1,
            Delay = TimeSpan.FromSeconds(1),
            UseJitter = true,
            ShouldHandle = a => ValueTask.FromResult(a.Outcome.Result is { Outcome: ExportOutcome.Unreachable } or { Outcome: ExportOutcome.Unavailable, RetryAfter: null }),
        })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<ExportAnswer>
        {
            FailureRatio = 0.5,
            MinimumThroughput = 4,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDuration = TimeSpan.FromSeconds(15),
            ManualControl = _breakers,
            ShouldHandle = a => ValueTask.FromResult(a.Outcome.Result.Outcome is ExportOutcome.Unreachable or ExportOutcome.Untrusted or ExportOutcome.Unproven
                or ExportOutcome.CaptivePortal or ExportOutcome.Unavailable or ExportOutcome.Throttled),
        })
        .Build();

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendBufferSize = SendBuffer };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static X509ChainPolicy Policy(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return policy.CustomTrustStore.Count > 0 ? policy : throw new CryptographicException($"{file} holds no certificate");
    }
}
