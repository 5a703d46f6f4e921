using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeServe.AcceptanceTests.Running;

/// <summary>The real program, started on free loopback ports and killed at the end.</summary>
internal sealed class EdgeServeProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private const int FirstPort = 10_000;
    private const uint Ports = 22_000;
    private static int _port = Random.Shared.Next((int)Ports);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly string? _ownData;

    private EdgeServeProcess(Process process, Uri http, Uri grpc, string? ownData)
    {
        _process = process;
        Http = http;
        Grpc = grpc;
        _ownData = ownData;
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = http, Timeout = Patience };
    }

    public static string Binary { get; } = Environment.GetEnvironmentVariable("EDGESERVE_BINARY") ?? Path.Combine(AppContext.BaseDirectory, "edgeserve");

    public Uri Http { get; }

    public Uri Grpc { get; }

    public HttpClient Client { get; }

    public int ProcessId => _process.Id;

    public bool IsRunning => !_process.HasExited;

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Resident bytes now.</summary>
    public long ResidentBytes => long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) << 10;

    public static async Task<EdgeServeProcess> StartAsync(string models, IReadOnlyDictionary<string, string?>? environment = null, params string[] arguments)
    {
        var server = Launch(models, environment, arguments);
        await server.WaitAsync("/v2/health/ready");
        return server;
    }

    public static async Task<EdgeServeProcess> StartAsync(ServerStart start)
    {
        var server = Launch(start);
        await server.WaitAsync("/v2/health/ready");
        return server;
    }

    /// <summary>Starts without waiting for anything.</summary>
    public static EdgeServeProcess Launch(string models, IReadOnlyDictionary<string, string?>? environment = null, params string[] arguments) =>
        Launch(new ServerStart(models) { Environment = environment, Arguments = arguments });

    public static EdgeServeProcess Launch(ServerStart start)
    {
        var http = new Uri($"http://127.0.0.1:{FreePort()}");
        var grpc = new Uri($"http://127.0.0.1:{FreePort()}");
        string? ownData = start.Data is null ? Directory.CreateTempSubdirectory("edgeserve-data-").FullName : null;
        string[] arguments = ["serve", .. start.Models.Length > 0 ? new[] { "--models", start.Models } : [], "--data", start.Data ?? ownData!, "--urls", http.ToString(), "--grpc-urls", grpc.ToString(), .. start.Arguments];
        var process = Process.Start(Info([.. start.Under, Binary, .. arguments], start.Environment))!;
        var server = new EdgeServeProcess(process, http, grpc, ownData);
        process.OutputDataReceived += (_, line) => server.Append(line.Data);
        process.ErrorDataReceived += (_, line) => server.Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Runs a verb to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(IReadOnlyDictionary<string, string?>? environment, params string[] arguments)
    {
        using var process = Process.Start(Info([Binary, .. arguments], environment))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return (process.ExitCode, await output, await error);
    }

    public static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => RunAsync(null, arguments);

    /// <summary>Sends SIGTERM and waits for the end.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>Ends it as a power cut would: at once.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await EndAsync();
    }

    /// <summary>Waits until it has ended, by whatever cause.</summary>
    public Task EndAsync() => _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);

    /// <summary>Waits until a line of the log says so.</summary>
    public Task WaitForLogAsync(params string[] anyOf) =>
        WaitForAsync(() => anyOf.Any(a => Output.Contains(a, StringComparison.Ordinal)), $"the log says {string.Join(" or ", anyOf)}");

    /// <summary>Waits until something outside of it is so.</summary>
    public async Task WaitForAsync(Func<bool> holds, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!holds())
        {
            if (!IsRunning || watch.Elapsed > Patience)
                throw new InvalidOperationException($"waited in vain until {what}:\n{Output}");
            await Task.Delay(PollInterval, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Asks until the answer is 200.</summary>
    public async Task WaitAsync(string path)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var response = await Client.GetAsync(path, TestContext.Current.CancellationToken);
                if (response.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet, or not any more: its log says why.
            }

            if (!IsRunning || watch.Elapsed > Patience)
                throw new InvalidOperationException($"{path} does not answer 200:\n{Output}");
            await Task.Delay(PollInterval, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (IsRunning)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        if (_ownData is not null)
            Directory.Delete(_ownData, recursive: true);
    }

    /// <summary>
    /// A port that nobody has and that the kernel gives nobody: one of its own choice would be of the range that every
    /// outgoing connection takes from, and may be gone before the program binds it.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = FirstPort + (int)((uint)Interlocked.Increment(ref _port) % Ports);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }

    private static ProcessStartInfo Info(string[] command, IReadOnlyDictionary<string, string?>? environment)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in environment ?? new Dictionary<string, string?>())
        {
            if (value is null)
                start.Environment.Remove(key);
            else
                start.Environment[key] = value;
        }

        return start;
    }

    private void Append(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }
}
