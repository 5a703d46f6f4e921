using System.Net;
using System.Text.RegularExpressions;

namespace EdgeServe.Engine.Bundles.Registry;

/// <summary>A repository in a registry, and perhaps a tag in it (OCI distribution spec, "Pulling manifests").</summary>
/// <param name="Root">Scheme, host and port: <c>https</c>, or <c>http</c> on loopback, unless the text says which.</param>
/// <param name="Repository">Path of the repository.</param>
/// <param name="Tag">Null when there is none.</param>
public sealed partial record RegistryReference(Uri Root, string Repository, string? Tag)
{
    /// <param name="text"><c>[https://]host[:port]/repository[:tag]</c>.</param>
    /// <param name="insecure">Plain HTTP where the text does not say.</param>
    /// <exception cref="BundleException"><see cref="BundleError.Malformed"/>.</exception>
    public static RegistryReference Parse(string text, bool insecure = false)
    {
        if (Grammar().Match(text) is not { Success: true } match || !Uri.TryCreate($"https://{match.Groups["host"].Value}", UriKind.Absolute, out var host))
            throw new BundleException(BundleError.Malformed, $"'{text}' names no repository of a registry", "Write host[:port]/repository[:tag], such as registry.example/models:clinic.");
        string scheme = match.Groups["scheme"].Success ? match.Groups["scheme"].Value : insecure || IsLoopback(host) ? "http" : "https";
        return new RegistryReference(
            new Uri($"{scheme}://{match.Groups["host"].Value}/"), match.Groups["repository"].Value, match.Groups["tag"] is { Success: true } tag ? tag.Value : null);
    }

    public static bool IsLoopback(Uri address) =>
        address.IdnHost == "localhost" || (IPAddress.TryParse(address.IdnHost, out var ip) && IPAddress.IsLoopback(ip));

    public override string ToString() => $"{Root.Authority}/{Repository}{(Tag is null ? "" : ":" + Tag)}";

    [GeneratedRegex(@"\A(?:(?<scheme>https?)://)?(?<host>(?:[A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]{2,45}\])(?::[0-9]{1,5})?)/(?<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+){0,30})(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Grammar();
}
