using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace EdgeServe.Security.Tls;

/// <summary>Under which names and addresses clients may reach the box.</summary>
/// <param name="Dns">At least one.</param>
/// <param name="Addresses">Those of its interfaces.</param>
internal sealed record BoxNames(string[] Dns, IPAddress[] Addresses)
{
    private const int MostAddresses = 32;
    private const string Nameless = "edgeserve";

    /// <summary>The name of the box, such that a certificate can hold it.</summary>
    public static string Host(string name) => Uri.CheckHostName(name) == UriHostNameType.Dns ? name.ToLowerInvariant() : Nameless;

    /// <summary>What an authority may vouch for of all that the box is called now.</summary>
    /// <param name="hostName">The machine's name.</param>
    /// <param name="further">Other names, from the settings.</param>
    /// <param name="addresses">Those of the interfaces.</param>
    /// <param name="authorityHost">The name that the authority was made for.</param>
    public static BoxNames Of(string hostName, IEnumerable<string> further, IEnumerable<IPAddress> addresses, string authorityHost)
    {
        string host = Host(hostName);
        string[] names = [host, host.Split('.')[0] + ".local", "localhost", .. further.Where(n => Uri.CheckHostName(n) == UriHostNameType.Dns).Select(n => n.ToLowerInvariant())];
        return new BoxNames(
            [.. names.Distinct(StringComparer.Ordinal).Where(n => NameConstraints.Allow(authorityHost, n))],
            [.. addresses.Where(NameConstraints.Allow).Distinct().Order(Comparer<IPAddress>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString()))).Take(MostAddresses)]);
    }

    /// <summary>The addresses of the interfaces that are up. Those of a link are no use in a certificate: they come with a zone.</summary>
    public static IEnumerable<IPAddress> Interfaces()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces().Where(i => i.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
                .SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)
                .Where(a => a.AddressFamily == AddressFamily.InterNetwork || (a.AddressFamily == AddressFamily.InterNetworkV6 && !a.IsIPv6LinkLocal))];
        }
        catch (NetworkInformationException)
        {
            // No interface can be asked now: names are left.
            return [];
        }
    }

    /// <summary>Does a certificate name all of it?</summary>
    public bool AreIn(System.Security.Cryptography.X509Certificates.X509SubjectAlternativeNameExtension alternatives) =>
        Dns.All(alternatives.EnumerateDnsNames().ToHashSet(StringComparer.OrdinalIgnoreCase).Contains)
        && Addresses.All(alternatives.EnumerateIPAddresses().ToHashSet().Contains);
}
