using System.Net;
using System.Net.NetworkInformation;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;
using Microsoft.Extensions.Options;

namespace EdgeServe.Security.Tls;

/// <summary>
/// What the box proves itself with on the network: the operator's certificate, or its own under its own authority. Made
/// at first need; made anew when the box gets another address or name, when its end is near, or when it turns out to
/// come from a clock that was wrong. A handshake takes what is current: nothing restarts. When another cannot be made,
/// the one before goes on serving.
/// </summary>
internal sealed partial class ServerCertificates : BackgroundService
{
    private const int DaysLeft = BoxAuthority.ServerDays / 3;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private readonly EdgeServeOptions _options;
    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly ILogger<ServerCertificates> _log;
    private readonly CertificateFile _file;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Lock _gate = new();
    private volatile SslServerAuthenticationOptions? _handshake;
    private volatile X509Certificate2? _certificate;
    private volatile BoxAuthority? _authority;
    private string? _stamp;
    private string? _trouble;
    private string? _unsaid;

    public ServerCertificates(IOptions<EdgeServeOptions> options, DataDirectory data, TimeProvider time, ILogger<ServerCertificates> log)
    {
        _options = options.Value;
        _directory = data.Device;
        _time = time;
        _log = log;
        _file = new CertificateFile(Path.Combine(_directory, "server"));
    }

    /// <summary>The box's own authority; null when the operator's certificate serves, or before there is one.</summary>
    public BoxAuthority? Authority => _authority;

    private bool IsOperators => _options.Security.CertificateFile.Length > 0;

    /// <summary>For the next handshake.</summary>
    /// <exception cref="AuthenticationException">There is no certificate.</exception>
    public SslServerAuthenticationOptions Handshake => _handshake ?? throw new AuthenticationException("this server has no certificate yet");

    /// <summary>Does the certificate in force name this host?</summary>
    public bool Names(string host) => Uri.CheckHostName(host) == UriHostNameType.Dns && _certificate?.MatchesHostname(host, allowWildcards: true, allowCommonName: false) == true;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (_options.Server.LanUrls.Length == 0 && _options.Server.TrustPageUrls.Length == 0)
        {
            // An earlier configuration may have announced something.
            Announce();
            return Task.CompletedTask;
        }

        // Before the first handshake.
        Refresh();
        if (_authority is { } authority)
            Log.Listening(_log, _options.Server.LanUrls, authority.Fingerprint);
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        NetworkAddressChangedEventHandler changed = (_, _) => Wake();
        NetworkChange.NetworkAddressChanged += changed;
        try
        {
            while (true)
            {
                await WaitAsync(stoppingToken);
                Refresh();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
        finally
        {
            NetworkChange.NetworkAddressChanged -= changed;
        }
    }

    /// <summary>Until an address changes, or the minute in which a clock or a file may have.</summary>
    private async Task WaitAsync(CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var tick = Task.Delay(Interval, _time, either.Token);
        await Task.WhenAny(_wake.WaitAsync(either.Token), tick);
        await either.CancelAsync();
        stop.ThrowIfCancellationRequested();
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // It is awake already, or gone.
        }
    }

    private void Refresh()
    {
        try
        {
            if (IsOperators)
                RefreshOperators();
            else
                RefreshOwn();
            _trouble = null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Said once, tried every minute.
            if (_trouble != e.Message)
                Log.Trouble(_log, e.Message, _handshake is null ? "nobody can connect by TLS" : "the one before serves on");
            _trouble = e.Message;
        }

        Announce();
    }

    /// <summary>Tells avahi what is here; serving does not depend on it.</summary>
    private void Announce()
    {
        if (_options.Server.DiscoveryFile.Length == 0 || (_handshake is null && _options.Server.LanUrls.Length > 0))
            return;
        try
        {
            new DiscoveryFile(_options.Server.DiscoveryFile).Write(_options.Server, IsOperators ? null : _authority?.Fingerprint);
            _unsaid = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_unsaid != e.Message)
                Log.Unsaid(_log, _options.Server.DiscoveryFile, e.Message);
            _unsaid = e.Message;
        }
    }

    private void RefreshOperators()
    {
        string stamp = OperatorCertificate.Stamp(_options.Security);
        if (stamp == _stamp)
            return;
        var (certificate, chain) = OperatorCertificate.Read(_options.Security);
        Use(certificate, chain);
        _stamp = stamp;
        Log.Operators(_log, certificate.NotAfter.ToUniversalTime());
    }

    /// <summary>The box's own authority, made now if need be; null when the operator's certificate serves.</summary>
    public BoxAuthority? EnsureAuthority()
    {
        if (IsOperators)
            return null;
        lock (_gate)
        {
            return _authority ??= BoxAuthority.Ensure(_directory, BoxNames.Host(Dns.GetHostName()), _log);
        }
    }

    private void RefreshOwn()
    {
        string hostName = Dns.GetHostName();
        var authority = EnsureAuthority()!;
        var listens = OptionsErrors.Addresses(_options.Server.LanUrls).Select(u => ListenAddresses.EndPoint(u).Address).Where(a => !a.Equals(IPAddress.Any) && !a.Equals(IPAddress.IPv6Any));
        var names = BoxNames.Of(hostName, _options.Server.AllowedHosts, BoxNames.Interfaces().Concat(listens), authority.Host);
        var now = Now();
        var kept = _certificate ?? _file.Read();
        if (kept is not null && Reason(kept, authority, names, now) is not { } reason)
        {
            if (kept != _certificate)
                Use(kept, []);
            return;
        }

        reason = kept is null ? "there was none" : Reason(kept, authority, names, now)!;
        var next = authority.Issue(names, now, _file);
        Use(next, []);
        Log.Renewed(_log, reason, string.Join(", ", names.Dns), string.Join(", ", names.Addresses.Select(a => a.ToString())), next.NotAfter.ToUniversalTime());
    }

    /// <returns>Why another is needed; null when this one does.</returns>
    private static string? Reason(X509Certificate2 kept, BoxAuthority authority, BoxNames names, DateTimeOffset now)
    {
        if (now < kept.NotBefore.ToUniversalTime())
            return "the clock was wrong when the last was made";
        if (now > kept.NotAfter.ToUniversalTime().AddDays(-DaysLeft))
            return "the last is near its end";
        if (kept.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is not { } alternatives || !names.AreIn(alternatives))
            return "the box has other names or addresses";
        return authority.Signed(kept) ? null : "another authority signed the last";
    }

    /// <summary>The wall clock, unless nobody ever set it.</summary>
    private DateTimeOffset Now()
    {
        var now = _time.GetUtcNow();
        return now < DeviceClock.ProgramMade ? DeviceClock.ProgramMade : now;
    }

    private void Use(X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        _handshake = new SslServerAuthenticationOptions
        {
            // Offline: no revocation list is fetched, nothing leaves the box.
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            AllowRenegotiation = false,
        };
        _certificate = certificate;
    }

    private static partial class Log
    {
        [LoggerMessage(8010, LogLevel.Information, "Serves the network on {Addresses}; fingerprint of this box's authority: {Fingerprint}")]
        public static partial void Listening(ILogger logger, string addresses, string fingerprint);

        [LoggerMessage(8012, LogLevel.Information, "Made a server certificate, since {Reason}: {Names}, {Addresses}, until {End:yyyy-MM-dd}")]
        public static partial void Renewed(ILogger logger, string reason, string names, string addresses, DateTime end);

        [LoggerMessage(8013, LogLevel.Information, "The operator's certificate serves, until {End:yyyy-MM-dd}")]
        public static partial void Operators(ILogger logger, DateTime end);

        [LoggerMessage(9020, LogLevel.Warning, "This box is not announced on the network: {File} cannot be written: {Reason}")]
        public static partial void Unsaid(ILogger logger, string file, string reason);

        [LoggerMessage(8014, LogLevel.Error, "No new server certificate: {Reason} Meanwhile {Meanwhile}")]
        public static partial void Trouble(ILogger logger, string reason, string meanwhile);
    }
}
