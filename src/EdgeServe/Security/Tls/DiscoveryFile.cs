using System.Globalization;
using System.Security;
using System.Text;
using EdgeServe.Hosting;

namespace EdgeServe.Security.Tls;

/// <summary>
/// What avahi announces for this box: <c>_edgeserve._tcp</c>, with what a tablet needs to know before it trusts it. The
/// file is written in place: where it is installed the folder is root's and only this one name in it is the service's.
/// </summary>
internal sealed class DiscoveryFile(string path)
{
    private const int MostBytes = 16 << 10;

    /// <summary>Says what is served to the network; rewrites nothing that is said already.</summary>
    /// <param name="options">Where the network is served.</param>
    /// <param name="fingerprint">SHA-256 of the box's authority, in pairs of digits; null: the operator's certificate serves.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor may it be.</exception>
    public void Write(ServerOptions options, string? fingerprint)
    {
        byte[] content = Encoding.UTF8.GetBytes(Text(options, fingerprint));
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        if (file.Length == content.Length)
        {
            byte[] there = new byte[Math.Min(file.Length, MostBytes)];
            if (file.Read(there) == content.Length && there.AsSpan().SequenceEqual(content))
                return;
        }

        file.Position = 0;
        file.Write(content);
        file.SetLength(content.Length);
        file.Flush(flushToDisk: true);
    }

    /// <summary>The service group; without an address on the network it is empty, and nothing is announced.</summary>
    public static string Text(ServerOptions options, string? fingerprint)
    {
        var text = new StringBuilder("""
            <?xml version="1.0" encoding="utf-8"?>
            <!DOCTYPE service-group SYSTEM "avahi-service.dtd">
            <!-- Written by EdgeServe when its authority or its addresses change. -->
            <service-group>
              <name replace-wildcards="yes">EdgeServe on %h</name>

            """);
        if (Port(options.LanUrls) is { } port)
        {
            text.Append(CultureInfo.InvariantCulture, $"  <service>\n    <type>_edgeserve._tcp</type>\n    <port>{port}</port>\n");
            foreach (var (key, value) in Records(options, port, fingerprint))
                text.Append(CultureInfo.InvariantCulture, $"    <txt-record>{key}={SecurityElement.Escape(value)}</txt-record>\n");
            text.Append("  </service>\n");
        }

        return text.Append("</service-group>\n").ToString();
    }

    private static IEnumerable<(string Key, string Value)> Records(ServerOptions options, int port, string? fingerprint)
    {
        yield return ("txtvers", "1");
        yield return ("name", options.Name);
        yield return ("oip", options.PathBase + "/v2");
        yield return ("edge", options.PathBase + "/edge/v1");
        yield return ("grpc", port.ToString(CultureInfo.InvariantCulture));
        if (Port(options.TrustPageUrls) is { } page)
            yield return ("trust", page.ToString(CultureInfo.InvariantCulture));
        if (fingerprint is not null)
            yield return ("ca", "sha256:" + fingerprint.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant());
    }

    private static int? Port(string urls) => OptionsErrors.Addresses(urls).FirstOrDefault()?.Port;
}
