using System.Globalization;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Cli.Doctor;

/// <summary>What an installed box needs before it is carried away: a service in its sandbox, tablets that can reach it, sticks that are seen.</summary>
internal static class FieldChecks
{
    private const string InstalledIn = "/usr/lib/edgeserve";
    private const string SystemdRuns = "/run/systemd/system";
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Was this program installed as a package?</summary>
    public static bool IsInstalled => AppContext.BaseDirectory.TrimEnd('/') == InstalledIn;

    public static async Task<IEnumerable<Finding>> LookAsync(EdgeServeOptions options, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        if (IsInstalled)
        {
            findings.Add(await AnswersAsync(options, cancellation));
            findings.Add(Sandbox(options));
            findings.Add(ClockSource());
        }

        if (options.Server.LanUrls.Length > 0)
        {
            findings.Add(Certificate(options));
            findings.Add(Keys(options));
        }
        else if (IsInstalled)
        {
            findings.Add(Finding.Warning("Network", "served on this box only", "Tablets need Server:LanUrls, for example https://0.0.0.0:8443."));
        }

        findings.Add(await LightChecks.LookAsync(options, cancellation));
        if (options.Updates.MediaHelper.Length > 0)
            findings.Add(Sticks(options));
        if (options.Server.DiscoveryFile.Length > 0)
            findings.Add(Discovery(options));
        return findings;
    }

    /// <summary>The last line: may it go?</summary>
    public static Finding Verdict(List<Finding> findings)
    {
        string[] failed = [.. findings.Where(f => f.State == "failed").Select(f => f.Check)];
        string[] warned = [.. findings.Where(f => f.State == "warning").Select(f => f.Check)];
        if (failed.Length > 0)
            return Finding.Failed("Field", $"not ready: {string.Join(", ", failed)}", "Mend what failed above and look again.");
        return warned.Length > 0
            ? Finding.Ok("Field", $"ready for the field; worth a look: {string.Join(", ", warned)}")
            : Finding.Ok("Field", "ready for the field");
    }

    private static async Task<Finding> AnswersAsync(EdgeServeOptions options, CancellationToken cancellation)
    {
        const string check = "Service answers";
        const string hint = "systemctl status edgeserve; journalctl -u edgeserve -n 50";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            using var client = ControlSocket.Connect(options.Server.DataDirectory);
            using var response = await client.GetAsync("/v2/health/ready", patience.Token);
            return response.IsSuccessStatusCode ? Finding.Ok(check, "ready") : Finding.Failed(check, "it runs, and is not ready", hint);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return Finding.Failed(check, "no answer on its control socket", hint);
        }
    }

    /// <summary>What the kernel says of the running service, whoever started it.</summary>
    private static Finding Sandbox(EdgeServeOptions options)
    {
        const string check = "Sandbox";
        string owner = Path.Combine(options.Server.DataDirectory, "owner");
        string status = File.Exists(owner) ? $"/proc/{File.ReadAllText(owner).Trim()}/status" : "";
        if (DataDirectory.OwnerOf(options.Server.DataDirectory) is null || !File.Exists(status))
            return Finding.Failed(check, "no service runs", "systemctl start edgeserve");
        var facts = File.ReadLines(status).Select(l => l.Split(':', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1].Trim());
        string user = facts.GetValueOrDefault("Uid", "?").Split('\t')[0];
        bool privileges = facts.GetValueOrDefault("NoNewPrivs") == "1";
        bool filtered = facts.GetValueOrDefault("Seccomp") == "2";
        string seen = $"user {user}, {(privileges ? "no new privileges" : "may gain privileges")}, system calls {(filtered ? "filtered" : "not filtered")}";
        if (user != "0" && privileges && filtered)
            return Finding.Ok(check, seen);
        return Directory.Exists(SystemdRuns)
            ? Finding.Failed(check, seen, "Start it by its unit: systemctl restart edgeserve. A drop-in may have loosened it: systemctl cat edgeserve.")
            : Finding.Warning(check, seen, "systemd does not run here, and the sandbox is the unit's.");
    }

    private static Finding ClockSource()
    {
        const string check = "Clock source";
        string[] sources = [.. new[] { File.Exists("/dev/rtc0") ? "a clock chip" : "", File.Exists("/run/systemd/timesync/synchronized") ? "NTP" : "" }.Where(s => s.Length > 0)];
        return sources.Length > 0
            ? Finding.Ok(check, string.Join(" and ", sources))
            : Finding.Ok(check, "none: after a power cut the time is a guess; nothing here depends on it");
    }

    private static Finding Certificate(EdgeServeOptions options)
    {
        const string check = "TLS";
        if (options.Security.CertificateFile.Length > 0)
        {
            var (certificate, chain) = OperatorCertificate.Read(options.Security);
            string until = certificate.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            certificate.Dispose();
            foreach (var other in chain)
                other.Dispose();
            return Finding.Ok(check, $"the operator's certificate, until {until}");
        }

        using var authority = BoxAuthority.Read(new DataDirectory(options.Server.DataDirectory).Device);
        return authority is null
            ? Finding.Failed(check, "this box has no authority that can be read", "The service makes one when it starts; run this as root or as the service's user.")
            : Finding.Ok(check, $"the box's own authority, {authority.Fingerprint}");
    }

    private static Finding Keys(EdgeServeOptions options)
    {
        const string check = "Keys";
        using var keys = new KeyStore(
            new DataDirectory(options.Server.DataDirectory).Device, DeviceClock.Of(TimeProvider.System, null), TimeProvider.System, options.Security.KeyRequestsPerSecond, NullLogger<KeyStore>.Instance);
        if (keys.Trouble is { } trouble)
            return Finding.Failed(check, trouble, "edgeserve key-admin reset makes them anew; every tablet then needs another.");
        int count = keys.Keys.Count(k => !k.Revoked);
        return count > 0
            ? Finding.Ok(check, string.Create(CultureInfo.InvariantCulture, $"{count} in use"))
            : Finding.Warning(check, "none: no tablet can do anything yet", "edgeserve tablet add --name NAME");
    }

    private static Finding Sticks(EdgeServeOptions options)
    {
        const string check = "Stick helper";
        if (!File.Exists(options.Updates.MediaHelper))
            return Finding.Failed(check, $"{options.Updates.MediaHelper} is not there", "systemctl start edgeserve-helper.socket; without it sticks are read, and nothing is written to them.");
        return Directory.Exists(options.Updates.MediaDirectory)
            ? Finding.Ok(check, $"listens on {options.Updates.MediaHelper}")
            : Finding.Failed(check, $"{options.Updates.MediaDirectory} is not there", "systemd-tmpfiles --create edgeserve.conf");
    }

    private static Finding Discovery(EdgeServeOptions options)
    {
        const string check = "Discovery";
        bool announces = Directory.Exists("/run/avahi-daemon");
        if (!File.Exists(options.Server.DiscoveryFile) || !File.ReadAllText(options.Server.DiscoveryFile).Contains("_edgeserve._tcp", StringComparison.Ordinal))
            return Finding.Warning(check, $"{options.Server.DiscoveryFile} announces nothing", "The service writes it when it starts; see its log for event 9020.");
        return announces
            ? Finding.Ok(check, "announced as _edgeserve._tcp")
            : Finding.Warning(check, "avahi does not run here", "Tablets then need the box's address: apt install avahi-daemon, when there is a network.");
    }
}
