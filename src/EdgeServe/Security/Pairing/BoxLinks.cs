using System.Globalization;
using System.Net;
using System.Net.Sockets;
using EdgeServe.Hosting;
using EdgeServe.Security.Tls;

namespace EdgeServe.Security.Pairing;

/// <summary>Where a tablet finds the box.</summary>
/// <param name="Trust">The page that says how to trust it, plain HTTP; null: there is none.</param>
/// <param name="Pair">The page where a tablet pairs, HTTPS.</param>
/// <param name="Elsewhere">The box's other names and addresses, for tablets that do not find the first.</param>
internal sealed record BoxLinks(string? Trust, string Pair, string[] Elsewhere)
{
    private const int MostElsewhere = 4;

    /// <summary>With the code where no server and no log ever sees it.</summary>
    public string PairWith(string code) => $"{Pair}#{code}";

    /// <param name="options">Where the box listens.</param>
    /// <param name="host">A name or an address to use; null: the name that needs no network service but mDNS, or the one address it listens on.</param>
    /// <exception cref="PairingException">The network is not served, or the host is none.</exception>
    public static BoxLinks Of(EdgeServeOptions options, string? host)
    {
        if (OptionsErrors.Addresses(options.Server.LanUrls).FirstOrDefault() is not { } lan)
            throw new PairingException(PairingError.NotServed, "this box does not serve the network", "Set Server:LanUrls, for example https://0.0.0.0:8443, and Server:TrustPageUrls, for example http://0.0.0.0:8000.");
        if (host is not null && Uri.CheckHostName(host) is not (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6))
            throw new PairingException(PairingError.InvalidPairing, $"'{(host.Length > 60 ? host[..60] + "…" : host)}' is neither a host name nor an address", "Give the name or the address by which tablets find this box.");
        var trust = OptionsErrors.Addresses(options.Server.TrustPageUrls).FirstOrDefault();
        string[] hosts = [.. Hosts(lan)];
        string chosen = host ?? hosts[0];
        string path = options.Server.PathBase;
        return new BoxLinks(
            trust is null ? null : Link("http", host ?? (IsAny(trust) ? chosen : Hosts(trust).First()), trust.Port, 80, "/"),
            Link("https", chosen, lan.Port, 443, path + "/pair"),
            [.. hosts.Where(h => h != chosen).Take(MostElsewhere).Select(h => Link("https", h, lan.Port, 443, path + "/pair"))]);
    }

    private static IEnumerable<string> Hosts(Uri listens)
    {
        if (!IsAny(listens))
            return [ListenAddresses.EndPoint(listens).Address.ToString()];
        // Under others the certificate would not hold.
        var addresses = BoxNames.Interfaces().Where(a => !IPAddress.IsLoopback(a) && NameConstraints.Allow(a)).OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1);
        return [BoxNames.Host(Dns.GetHostName()).Split('.')[0] + ".local", .. addresses.Select(a => a.ToString())];
    }

    private static bool IsAny(Uri listens) => ListenAddresses.EndPoint(listens).Address is var address && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    private static string Link(string scheme, string host, int port, int usual, string path) => string.Create(
        CultureInfo.InvariantCulture, $"{scheme}://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}{(port == usual ? "" : $":{port}")}{path}");
}
