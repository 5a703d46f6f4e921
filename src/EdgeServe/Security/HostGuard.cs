using System.Net;
using EdgeServe.Hosting;
using EdgeServe.Security.Tls;
using Microsoft.Extensions.Options;

namespace EdgeServe.Security;

/// <summary>
/// Keeps web pages out: any page a browser on the box or in the LAN has open could post to this server, and by DNS
/// rebinding under a name of its own. A request passes only if its Host is the server's and its Origin, if any, is too;
/// where a browser says that another site is behind it and names no origin, only a link that was followed passes. Nothing here
/// is told by a cookie, so that a request that passes all the same carries no key.
/// </summary>
internal sealed class HostGuard(IOptions<EdgeServeOptions> options, ServerCertificates certificates)
{
    private const string FetchSite = "Sec-Fetch-Site";
    private const string FetchMode = "Sec-Fetch-Mode";
    private const string FetchDestination = "Sec-Fetch-Dest";

    private readonly HashSet<string> _hosts = new(
        options.Value.Server.AllowedHosts.Concat(["localhost", Dns.GetHostName(), Dns.GetHostName() + ".local"]), StringComparer.OrdinalIgnoreCase);

    private readonly HashSet<string> _origins = new(options.Value.Server.AllowedOrigins, StringComparer.OrdinalIgnoreCase);

    // By a hash of sorts: who asks by another of the box's names only takes another's place here.
    private readonly PassedHost?[] _passed = new PassedHost?[8];

    /// <returns>Null to let the request pass, else why not.</returns>
    public string? Refusal(HttpContext context)
    {
        string host = context.Request.Headers.Host.ToString();
        var local = context.Connection.LocalIpAddress;
        ref var passed = ref _passed[host.Length == 0 ? 0 : (host.Length + host[0] + host[^1]) % _passed.Length];
        if (Volatile.Read(ref passed) is not { } known || known.Host != host || !Equals(known.Local, local))
        {
            if (!IsOwn(host, local))
                return $"host '{Shorten(host)}' is not this server";
            Volatile.Write(ref passed, new PassedHost(host, local));
        }

        if (context.Request.Headers.Origin is { Count: > 0 } origin)
            return IsOwnOrigin(origin.ToString(), context.Request.Scheme, host) ? null : $"origin '{Shorten(origin.ToString())}' may not call this server";
        return IsOfAnotherSite(context.Request) ? "a page of another site may not call this server" : null;
    }

    /// <summary>Browsers name no origin with images, scripts, frames and links; newer ones say instead whose they are.</summary>
    private static bool IsOfAnotherSite(HttpRequest request)
    {
        var site = request.Headers[FetchSite];
        if (site.Count == 0 || site == "same-origin" || site == "none")
            return false;
        bool followed = request.Headers[FetchMode] == "navigate" && request.Headers[FetchDestination] == "document";
        return !followed || !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method));
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
