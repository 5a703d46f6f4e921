using System.Net;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Sync;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Security.Tls;
using Microsoft.Extensions.Options;

namespace EdgeServe.Hosting;

/// <summary>Checks that no single attribute can make. All errors at once, each with its key and a hint.</summary>
internal sealed class OptionsErrors : IValidateOptions<EdgeServeOptions>
{
    public ValidateOptionsResult Validate(string? name, EdgeServeOptions options)
    {
        var errors = new List<string>();
        Collect(new ServerOptionsValidator().Validate(name, options.Server), "Server", errors);
        Collect(new RepositoryOptionsValidator().Validate(name, options.Repository), "Repository", errors);
        Collect(new SchedulerSectionValidator().Validate(name, options.Scheduler), "Scheduler", errors);
        Collect(new LimitsOptionsValidator().Validate(name, options.Limits), "Limits", errors);
        Collect(new JobsSectionValidator().Validate(name, options.Jobs), "Jobs", errors);
        Collect(new StorageSectionValidator().Validate(name, options.Storage), "Storage", errors);
        Collect(new UpdatesSectionValidator().Validate(name, options.Updates), "Updates", errors);
        Collect(new GovernorSectionValidator().Validate(name, options.Governor), "Governor", errors);
        Collect(new TelemetrySectionValidator().Validate(name, options.Telemetry), "Telemetry", errors);
        Collect(new SyncSectionValidator().Validate(name, options.Sync), "Sync", errors);
        Collect(new SecuritySectionValidator().Validate(name, options.Security), "Security", errors);
        Collect(new LightsSectionValidator().Validate(name, options.Lights), "Lights", errors);
        Wires(options.Lights, errors);
        Proves(options, errors);
        Sends(options.Sync, errors);
        Follows(options.Updates, errors);
        if (options.Jobs.VersionPolicy is not (JobsSection.Latest or JobsSection.Accepted))
            errors.Add($"Jobs:VersionPolicy: '{options.Jobs.VersionPolicy}' is neither {JobsSection.Latest} nor {JobsSection.Accepted}");
        foreach (string provider in options.Engine.Providers.Where(p => p is not ("cpu" or "cuda" or "tensorrt")))
            errors.Add($"Engine:Providers: '{provider}' is not one of tensorrt, cuda, cpu");
        if (options.Governor.CarefulCelsius > options.Governor.ProtectiveCelsius)
            errors.Add("Governor:CarefulCelsius: must not be above Governor:ProtectiveCelsius");
        Policy("Repository:VersionPolicy", options.Repository.VersionPolicy, errors);
        foreach (var (model, settings) in options.Models)
        {
            if (!ModelName.IsValid(model))
                errors.Add($"Models:{model}: is not a model name (lower-case letters and digits joined by '.', '_' or '-')");
            if (settings.VersionPolicy is { } policy)
                Policy($"Models:{model}:VersionPolicy", policy, errors);
        }

        Urls("Server:Urls", options.Server.Urls, Uri.UriSchemeHttp, errors);
        Urls("Server:GrpcUrls", options.Server.GrpcUrls, Uri.UriSchemeHttp, errors);
        Urls("Server:LanUrls", options.Server.LanUrls, Uri.UriSchemeHttps, errors);
        Urls("Server:TrustPageUrls", options.Server.TrustPageUrls, Uri.UriSchemeHttp, errors);
        if (options.Server.PathBase is not "" and not ['/', .., not '/'])
            errors.Add("Server:PathBase: must begin with '/' and not end with one, for example /inference");
        if (options.Limits.MaxRequestBytes > options.Limits.MaxBytesInFlight)
            errors.Add("Limits:MaxRequestBytes: must not exceed Limits:MaxBytesInFlight, or no request of that size could ever be admitted");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    /// <summary>The addresses of a setting, already known to be good.</summary>
    public static IEnumerable<Uri> Addresses(string urls) =>
        urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(u => new Uri(u));

    private static void Urls(string key, string urls, string scheme, List<string> errors)
    {
        foreach (string url in urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != scheme || uri.AbsolutePath != "/")
                errors.Add($"{key}: '{url}' is not an address like {scheme}://127.0.0.1:{(scheme == Uri.UriSchemeHttps ? 8443 : 8000)}");
            else if (uri.Host != "localhost" && !IPAddress.TryParse(uri.Host.Trim('[', ']'), out _))
                errors.Add($"{key}: '{url}' must name an IP address or localhost; use 0.0.0.0 for every interface");
        }
    }

    /// <summary>A channel without somebody to trust could never install anything.</summary>
    private static void Follows(UpdatesSection updates, List<string> errors)
    {
        if (updates.Channel.Length == 0)
            return;
        if (!ModelName.IsValid(updates.Channel))
            errors.Add($"Updates:Channel: '{updates.Channel}' is not a channel name (lower-case letters and digits joined by '.', '_' or '-')");
        if (!ModelName.IsValid(updates.DeviceClass))
            errors.Add($"Updates:DeviceClass: '{updates.DeviceClass}' is not a class of devices (lower-case letters and digits joined by '.', '_' or '-')");
        var keys = new HashSet<string>();
        foreach (string path in updates.TrustedKeys)
        {
            if (!File.Exists(path))
                errors.Add($"Updates:TrustedKeys: {path} does not exist");
            else if (!PublicKeys.TrySigning(File.ReadAllText(path), out string? fingerprint, out string? problem))
                errors.Add($"Updates:TrustedKeys: {path} {problem}");
            else if (!keys.Add(fingerprint))
                errors.Add($"Updates:TrustedKeys: {path} has a key that stands there already; a threshold counts distinct keys");
        }

        if (updates.TrustedKeys.Length < updates.Threshold)
            errors.Add($"Updates:Threshold: {updates.Threshold} of {updates.TrustedKeys.Length} keys can never sign");
    }

    /// <summary>Two things on one line could only fight.</summary>
    private static void Wires(LightsSection lights, List<string> errors)
    {
        foreach (var twice in new[] { lights.GreenLine, lights.AmberLine, lights.RedLine, lights.ButtonLine }.Where(l => l >= 0).GroupBy(l => l).Where(g => g.Count() > 1))
            errors.Add($"Lights: line {twice.Key} is given to {twice.Count()} things; each needs its own");
    }

    /// <summary>A certificate of the operator's that cannot serve is an error now, not at the first handshake.</summary>
    private static void Proves(EdgeServeOptions options, List<string> errors)
    {
        var security = options.Security;
        if (security.CertificateFile.Length == 0 && security.CertificateKeyFile.Length == 0)
            return;
        if (security.CertificateFile.Length == 0 || security.CertificateKeyFile.Length == 0)
            errors.Add("Security:CertificateFile: a certificate needs its key and a key its certificate: name both CertificateFile and CertificateKeyFile");
        else if (OperatorCertificate.Problem(security) is { } problem)
            errors.Add($"Security:CertificateFile: {problem}");
    }

    private static void Sends(SyncSection sync, List<string> errors)
    {
        if (sync.Endpoint.Length > 0 && EnrolmentErrors.Collector(sync.Endpoint, sync.InsecureEndpoint) is { } wrong)
            errors.Add($"Sync:Endpoint: {wrong}");
        if (sync.QuietHours.Length > 0 && !QuietHours.TryParse(sync.QuietHours, out _))
            errors.Add($"Sync:QuietHours: '{sync.QuietHours}' is not a time of day like 22:00-06:00");
        if (sync.HeadersFile.Length > 0 && !File.Exists(sync.HeadersFile))
            errors.Add($"Sync:HeadersFile: {sync.HeadersFile} does not exist");
        if (sync.CaFile.Length > 0 && !File.Exists(sync.CaFile))
            errors.Add($"Sync:CaFile: {sync.CaFile} does not exist");
    }

    private static void Policy(string key, string policy, List<string> errors)
    {
        if (!VersionPolicy.TryParse(policy, out _))
            errors.Add($"{key}: '{policy}' is not a version policy; use all, latest:N or specific:1,3");
    }

    private static void Collect(ValidateOptionsResult result, string section, List<string> errors)
    {
        foreach (string failure in result.Failures ?? [])
            errors.Add($"{section}: {failure}");
    }
}
