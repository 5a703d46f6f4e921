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
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly string _data;

    private EdgeServeProcess(Process process, Uri http, Uri grpc, string data)
    {
        _process = process;
        Http = http;
        Grpc = grpc;
        _data = data;
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

    /// <summary>Starts without waiting for anything.</summary>
    public static EdgeServeProcess Launch(string models, IReadOnlyDictionary<string, string?>? environment = null, params string[] arguments)
    {
        var http = new Uri($"http://127.0.0.1:{FreePort()}");
        var grpc = new Uri($"http://127.0.0.1:{FreePort()}");
        string data = Directory.CreateTempSubdirectory("edgeserve-data-").FullName;
        var start = Info(["serve", "--models", models, "--data", data, "--urls", http.ToString(), "--grpc-urls", grpc.ToString(), .. arguments], environment);
        var process = Process.Start(start)!;
        var server = new EdgeServeProcess(process, http, grpc, data);
        process.OutputDataReceived += (_, line) => server.Append(line.Data);
        process.ErrorDataReceived += (_, line) => server.Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Runs a verb to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(IReadOnlyDictionary<string, string?>? environment, params string[] arguments)
    {
        using var process = Process.Start(Info(arguments, environment))!;
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
            catch (HttpRequestException) when (IsRunning)
            {
                // Not listening yet.
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
        Directory.Delete(_data, recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static ProcessStartInfo Info(string[] arguments, IReadOnlyDictionary<string, string?>? environment)
    {
        var start = new ProcessStartInfo(Binary, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
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
