using System.Net;
using EdgeServe.Security;

namespace EdgeServe.Hosting;

/// <summary>Where the server listens, and where it must not without being told to.</summary>
internal static class ListenAddresses
{
    /// <returns>Why the addresses are refused; null when they are not.</returns>
    public static string? Refusal(EdgeServeOptions options)
    {
        if (options.Server.Insecure)
            return null;
        var open = Plain(options).FirstOrDefault(u => !u.IsLoopback);
        return open is null ? null
            : $"{open.OriginalString} is reachable from the network, and keys and answers would travel unencrypted. "
              + "Set Server:LanUrls, for example https://0.0.0.0:8443, or accept that and pass --insecure.";
    }

    /// <summary>Where plain HTTP and gRPC are served.</summary>
    public static IEnumerable<Uri> Plain(EdgeServeOptions options) =>
        OptionsErrors.Addresses(options.Server.Urls).Concat(OptionsErrors.Addresses(options.Server.GrpcUrls));

    public static IEnumerable<Uri> All(EdgeServeOptions options) =>
        Plain(options).Where(a => !IsBehindTrustPage(a, options))
            .Concat(OptionsErrors.Addresses(options.Server.LanUrls)).Concat(OptionsErrors.Addresses(options.Server.TrustPageUrls));

    /// <summary>Who reaches an address of plain HTTP.</summary>
    public static Listener Kind(Uri address) => address.IsLoopback ? Listener.Loopback : Listener.Network;

    /// <summary>A wildcard takes the port of loopback too: its listener then serves both, each its own.</summary>
    public static bool IsBehindTrustPage(Uri address, EdgeServeOptions options) =>
        address.IsLoopback && OptionsErrors.Addresses(options.Server.TrustPageUrls).Any(p => Covers(p, address));

    public static bool IsSharedWithLoopback(Uri page, EdgeServeOptions options) =>
        OptionsErrors.Addresses(options.Server.Urls).Any(a => a.IsLoopback && Covers(page, a));

    private static bool Covers(Uri page, Uri address) => page.Port == address.Port
        && (EndPoint(page).Address.Equals(IPAddress.IPv6Any) || (EndPoint(page).Address.Equals(IPAddress.Any) && EndPoint(address).AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork));

    /// <summary>The endpoint of an address; <c>localhost</c> is 127.0.0.1.</summary>
    public static IPEndPoint EndPoint(Uri address) =>
        new(address.Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(address.Host.Trim('[', ']')), address.Port);
}
