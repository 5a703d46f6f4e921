using System.Net;

namespace EdgeServe.Hosting;

/// <summary>Where the server listens, and where it must not without being told to.</summary>
internal static class ListenAddresses
{
    /// <returns>Why the addresses are refused; null when they are not.</returns>
    public static string? Refusal(EdgeServeOptions options)
    {
        if (options.Server.Insecure)
            return null;
        var open = All(options).FirstOrDefault(u => !u.IsLoopback);
        return open is null ? null
            : $"{open.OriginalString} is reachable from the network, and nothing here asks for a key yet. "
              + "Listen on 127.0.0.1, or accept that anyone on that network may use the models and pass --insecure.";
    }

    public static IEnumerable<Uri> All(EdgeServeOptions options) =>
        OptionsErrors.Addresses(options.Server.Urls).Concat(OptionsErrors.Addresses(options.Server.GrpcUrls));

    /// <summary>The endpoint of an address; <c>localhost</c> is 127.0.0.1.</summary>
    public static IPEndPoint EndPoint(Uri address) =>
        new(address.Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(address.Host.Trim('[', ']')), address.Port);
}
