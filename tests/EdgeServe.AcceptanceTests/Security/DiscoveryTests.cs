using System.Diagnostics;
using System.Security.Cryptography;
using System.Xml.Linq;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.Security.Tls;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>The box announces itself with the fingerprint a tablet has to compare.</summary>
public sealed class DiscoveryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgeserve-discovery-").FullName;
    private readonly ModelFolder _models = new ModelFolder().AddShipped("breast-cancer");

    private string Announced => Path.Combine(_folder, "edgeserve.service");

    private string Data => Path.Combine(_folder, "data");

    [Fact]
    public async Task The_file_for_avahi_says_where_the_box_is_and_which_authority_it_has()
    {
        // Longer than what is written, and not the service's to replace: it is written in place.
        await File.WriteAllTextAsync(Announced, new string('x', 5000), Requests.Stop);
        int port = EdgeServeProcess.FreePort();
        await using (var server = await StartAsync(port))
        {
            using var authority = BoxAuthority.Read(Path.Combine(Data, "device"))!;
            string fingerprint = Convert.ToHexString(SHA256.HashData(authority.Certificate.RawData)).ToLowerInvariant();
            var (type, at, records) = Read();
            Assert.Equal("_edgeserve._tcp", type);
            Assert.Equal(port, at);
            Assert.Contains($"ca=sha256:{fingerprint}", records);
            Assert.Contains("txtvers=1", records);
            Assert.Contains("oip=/v2", records);
            Assert.Contains("edge=/edge/v1", records);
            Assert.Contains($"grpc={port}", records);
            Assert.Contains("name=ward & <3>", records);
            await server.StopAsync();
        }

        // Another authority is announced as soon as there is one.
        string before = await File.ReadAllTextAsync(Announced, Requests.Stop);
        Directory.Delete(Path.Combine(Data, "device"), recursive: true);
        await using (var server = await StartAsync(port))
        {
            Assert.NotEqual(before, await File.ReadAllTextAsync(Announced, Requests.Stop));
            await server.StopAsync();
        }

        // A box that serves the network no more says so.
        await using (var server = await StartAsync(null))
        {
            Assert.Empty(XDocument.Load(Announced).Root!.Elements("service"));
            await server.StopAsync();
        }
    }

    [Fact]
    public async Task Serving_goes_on_when_it_cannot_be_written()
    {
        Directory.CreateDirectory(Announced);
        await using var server = await StartAsync(EdgeServeProcess.FreePort());
        Assert.Equal(200, (await server.Client.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
        await server.WaitForLogAsync("This box is not announced");
    }

    /// <summary>In a network of its own: what the service writes, avahi's daemon reads, and avahi's browser finds.</summary>
    [Fact]
    public async Task Avahi_announces_it_and_a_browser_finds_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/sbin/avahi-daemon"), "needs root and avahi-daemon");
        int port = EdgeServeProcess.FreePort();
        await using (var server = await StartAsync(port))
            await server.StopAsync();
        string script = Path.Combine(_folder, "browse");
        await File.WriteAllTextAsync(script, $$"""
            set -e
            mount -t tmpfs tmpfs /run && mkdir -p /run/dbus
            mount --bind '{{_folder}}' /etc/avahi/services
            ip link set lo up
            ip link add wlan-test type veth peer name peer-test
            ip addr add 192.168.77.1/24 dev wlan-test && ip link set wlan-test up && ip link set peer-test up
            dbus-daemon --system --fork --nopidfile
            avahi-daemon --no-rlimits --no-drop-root --no-chroot -D
            for i in $(seq 100); do
              avahi-browse --resolve --parsable --terminate _edgeserve._tcp > /run/found || true
              if grep -q '^=' /run/found; then cat /run/found; exit 0; fi
              sleep 0.2
            done
            exit 1
            """, Requests.Stop);
        using var process = Process.Start(new ProcessStartInfo("unshare", ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string found = await process.StandardOutput.ReadToEndAsync(Requests.Stop);
        string error = await process.StandardError.ReadToEndAsync(Requests.Stop);
        await process.WaitForExitAsync(Requests.Stop);
        Assert.True(process.ExitCode == 0, found + error);
        using var authority = BoxAuthority.Read(Path.Combine(Data, "device"))!;
        string line = found.Split('\n').First(l => l.StartsWith('='));
        Assert.Contains($";{port};", line, StringComparison.Ordinal);
        Assert.Contains($"\"ca=sha256:{Convert.ToHexString(SHA256.HashData(authority.Certificate.RawData)).ToLowerInvariant()}\"", line, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _models.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<EdgeServeProcess> StartAsync(int? port) => EdgeServeProcess.StartAsync(new ServerStart(_models.Path)
    {
        Data = Data,
        Environment = new Dictionary<string, string?>
        {
            ["EDGESERVE__Server__Name"] = "ward & <3>",
            ["EDGESERVE__Server__DiscoveryFile"] = Announced,
            ["EDGESERVE__Server__LanUrls"] = port is { } number ? $"https://127.0.0.2:{number}" : "",
        },
    });

    private (string Type, int Port, string[] Records) Read()
    {
        var service = XDocument.Load(Announced).Root!.Elements("service").Single();
        return (service.Element("type")!.Value, (int)service.Element("port")!, [.. service.Elements("txt-record").Select(r => r.Value)]);
    }
}
