using System.Net;
using EdgeServe.Hosting;
using EdgeServe.Security.Tls;
using Microsoft.Extensions.Options;

namespace EdgeServe.Security;

/// <summary>
/// Keeps web pages out: any page a browser on the box or in the LAN has open could post to this server, and by DNS
/// rebinding under a name of its own. A request passes only if its Host is the server's and its Origin, if any, is too.
/// </summary>
internal sealed class HostGuard(IOptions<EdgeServeOptions> options, ServerCertificates certificates)
{
    private readonly HashSet<string> _hosts = new(
        options.Value.Server.AllowedHosts.Concat(["localhost", Dns.GetHostName(), Dns.GetHostName() + ".local"]), StringComparer.OrdinalIgnoreCase);

    private readonly HashSet<string> _origins = new(options.Value.Server.AllowedOrigins, StringComparer.OrdinalIgnoreCase);
    private volatile string? _lastGoodHost;

    /// <returns>Null to let the request pass, else why not.</returns>
    public string? Refusal(HttpContext context)
    {
        string host = context.Request.Headers.Host.ToString();
        if (!ReferenceEquals(host, _lastGoodHost) && host != _lastGoodHost)
        {
            if (!IsOwn(host, context.Connection.LocalIpAddress))
                return $"host '{Shorten(host)}' is not this server";
            // Addresses depend on the connection they came by; names do not.
            if (!IPAddress.TryParse(HostOf(host).Trim('[', ']'), out var address) || IPAddress.IsLoopback(address))
                _lastGoodHost = host;
        }

        if (context.Request.Headers.Origin is { Count: > 0 } origin && !IsOwnOrigin(origin.ToString(), context.Request.Scheme, host))
            return $"origin '{Shorten(origin.ToString())}' may not call this server";
        return null;
    }

    private bool IsOwn(string host, IPAddress? local)
    {
        string name = HostOf(host);
        if (_hosts.Contains(name) || IsLoopback(name) || certificates.Names(name))
            return true;
        if (!IPAddress.TryParse(name.Trim('[', ']'), out var address))
            return false;
        var own = local is { IsIPv4MappedToIPv6: true } ? local.MapToIPv4() : local;
        return own is not null && own.Equals(address);
    }

    private bool IsOwnOrigin(string origin, string scheme, string host) =>
        _origins.Contains(origin) || origin.Equals($"{scheme}://{host}", StringComparison.OrdinalIgnoreCase);

    private static bool IsLoopback(string name) =>
        name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(name.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static string HostOf(string host) => new HostString(host).Host;

    private static string Shorten(string text) => text.Length > 80 ? text[..80] + "…" : text;
}
