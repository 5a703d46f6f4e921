using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>A box and its browsers in a network of their own; nothing where none can be made.</summary>
public sealed class BrowserBox : IAsyncLifetime
{
    public const string Lan = "https://" + NetworkNamespace.Address + ":8443";
    public const string Page = "http://" + NetworkNamespace.Address + ":8000";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private readonly ModelFolder _models = new ModelFolder().AddShipped("breast-cancer");
    private readonly string _root = Directory.CreateTempSubdirectory("edgeserve-browser-").FullName;
    private NetworkNamespace? _network;
    private EdgeServeProcess? _process;
    private string? _missing;
    private int _homes;

    public string Home => Directory.CreateDirectory(Path.Combine(_root, "home")).FullName;

    public string AuthorityFile => Path.Combine(_root, "authority.pem");

    public int LocalPort => _process!.Http.Port;

    /// <summary>Everything the last browser keeps, as text.</summary>
    public string Profile => string.Concat(Directory.EnumerateFiles(Path.Combine(_root, FormattableString.Invariant($"browser-{_homes}")), "*", SearchOption.AllDirectories)
        .Where(f => (File.GetAttributes(f) & FileAttributes.ReparsePoint) == 0 && Path.GetFileName(f) is not ("to" or "from")).Select(f => File.ReadAllText(f, Encoding.Latin1)));

    private string Data => Path.Combine(_root, "data");

    public async ValueTask InitializeAsync()
    {
        _missing = new[] { "chromium", "certutil", "node" }.FirstOrDefault(t => !Tool.IsInstalled(t)) is { } tool ? $"{tool} is not installed" : null;
        if (_missing is not null)
            return;
        _network = await NetworkNamespace.TryCreateAsync();
        if (_network is null)
        {
            _missing = "no network namespace can be made here";
            return;
        }

        _process = EdgeServeProcess.Launch(new ServerStart(_models.Path)
        {
            Data = Data,
            Environment = new Dictionary<string, string?>
            {
                ["EDGESERVE__Server__LanUrls"] = Lan,
                ["EDGESERVE__Server__TrustPageUrls"] = Page,
                ["EDGESERVE__Server__AllowedHosts__0"] = NetworkNamespace.Address,
            },
            Under = _network.Enter,
        });
        await _process.WaitForLogAsync(" ready (");
        var (exit, _, error) = await EdgeServeAsync("tablet", "trust", "--out", AuthorityFile);
        Assert.True(exit == 0, error);
    }

    public void SkipUnlessItCan() => Assert.SkipWhen(_missing is not null, _missing ?? "");

    /// <summary>Makes a code as somebody on the box does.</summary>
    public async Task<(string Id, string Code, string Url)> PairAsync(params string[] arguments)
    {
        var (exit, output, error) = await EdgeServeAsync(["tablet", "pair", "--json", .. arguments]);
        Assert.True(exit == 0, error);
        var opened = JsonDocument.Parse(output).RootElement;
        return (opened.GetProperty("kept").GetProperty("id").GetString()!, opened.GetProperty("code").GetString()!, opened.GetProperty("url").GetString()!);
    }

    /// <summary>What the box says of it.</summary>
    public async Task<(string State, int TriesLeft)> StateAsync(string id)
    {
        var (_, output) = await RunAsync("curl", "-sS", $"http://127.0.0.1:{LocalPort}/edge/v1/pairings/{id}");
        var pairing = JsonDocument.Parse(output).RootElement;
        return (pairing.GetProperty("state").GetString()!, pairing.GetProperty("tries_left").GetInt32());
    }

    public async Task<(int ExitCode, string Output, string Error)> EdgeServeAsync(params string[] arguments) => await EdgeServeProcess.RunAsync(
        new Dictionary<string, string?> { ["EDGESERVE__Server__LanUrls"] = Lan, ["EDGESERVE__Server__TrustPageUrls"] = Page }, [.. arguments, "--data", Data]);

    /// <summary>A program in the same network.</summary>
    public Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments) => _network!.RunAsync(program, arguments);

    internal async Task<Chromium> BrowseAsync(bool trusting)
    {
        string home = Directory.CreateDirectory(Path.Combine(_root, FormattableString.Invariant($"browser-{++_homes}"))).FullName;
        if (trusting)
        {
            string store = Directory.CreateDirectory(Path.Combine(home, ".pki", "nssdb")).FullName;
            foreach (string[] step in new[] { ["-N", "--empty-password"], new[] { "-A", "-n", "this box", "-t", "C,,", "-i", AuthorityFile } })
            {
                var (exit, output) = await Tool.RunAsync("certutil", ["-d", "sql:" + store, .. step]);
                Assert.True(exit == 0, output);
            }
        }

        return await Chromium.StartAsync(home, _network!.Enter);
    }

    /// <summary>Passes what comes to a port of the network on to one of loopback, as a proxy without TLS does.</summary>
    public IDisposable Forward(int from, int to)
    {
        string script = string.Create(CultureInfo.InvariantCulture, $"require('net').createServer(a => {{ const b = require('net').connect({to}, '127.0.0.1'); a.pipe(b).pipe(a); a.on('error', () => b.destroy()); b.on('error', () => a.destroy()); }}).listen({from}, '{NetworkNamespace.Address}', () => console.log('there'))");
        string[] enter = _network!.Enter;
        var proxy = Tool.Start(null, enter[0], [.. enter[1..], "node", "-e", script]);
        Assert.Equal("there", proxy.StandardOutput.ReadLine());
        return new Killed(proxy);
    }

    /// <summary>Waits until something outside of the page's reach is so.</summary>
    public async Task WaitForAsync(Func<Task<bool>> holds)
    {
        var watch = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(watch.Elapsed < Patience, "waited in vain");
            await Task.Delay(PollInterval, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        if (_network is not null)
            await _network.DisposeAsync();
        _models.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private sealed class Killed(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
