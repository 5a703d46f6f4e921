using System.Globalization;
using System.Net.Sockets;
using EdgeServe.Engine.Storage;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Options;

namespace EdgeServe.Hosting;

/// <summary>
/// Tells systemd that the service still answers (<c>WatchdogSec=</c>). It asks the service itself, through its own front
/// door, so that one that hangs is started anew and not only one that dies.
/// </summary>
internal sealed partial class ServiceWatchdog(IServiceProvider services, IOptions<EdgeServeOptions> options, DataDirectory data, TimeProvider time, ILogger<ServiceWatchdog> log) : BackgroundService
{
    private const string IntervalVariable = "WATCHDOG_USEC";
    private const string Question = "/v2/health/live";

    /// <summary>Three questions in the time that systemd waits for one answer.</summary>
    private const int QuestionsAnInterval = 3;

    private static readonly ServiceState Alive = new("WATCHDOG=1");

    /// <summary>One line for <c>systemctl status</c>.</summary>
    public static void Say(IServiceProvider services, string status) => Notifier(services)?.Notify(new ServiceState("STATUS=" + status));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Notifier(services) is not { } notifier || Interval() is not { } interval)
            return;
        var pause = interval / QuestionsAnInterval;
        using var client = Client(pause);
        Log.Watched(log, interval.TotalSeconds);
        while (true)
        {
            await Task.Delay(pause, time, stoppingToken);
            if (await AnswersAsync(client, stoppingToken))
                notifier.Notify(Alive);
        }
    }

    private async Task<bool> AnswersAsync(HttpClient client, CancellationToken stopping)
    {
        try
        {
            using var response = await client.GetAsync(Question, stopping);
            if (response.IsSuccessStatusCode)
                return true;
            Log.Silent(log, $"it answered {(int)response.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !stopping.IsCancellationRequested)
        {
            Log.Silent(log, e.Message);
        }

        return false;
    }

    /// <summary>By the control socket, or by the first address when the disk takes no socket.</summary>
    private HttpClient Client(TimeSpan patience)
    {
        HttpClient client;
        if (data.IsTaken && File.Exists(ControlSocket.PathIn(data.Path)))
        {
            client = ControlSocket.Connect(data.Path);
        }
        else
        {
            var end = ListenAddresses.EndPoint(OptionsErrors.Addresses(options.Value.Server.Urls).First());
            string host = end.AddressFamily == AddressFamily.InterNetworkV6 ? "[::1]" : "127.0.0.1";
            client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{host}:{end.Port}/")) };
        }

        client.Timeout = patience;
        return client;
    }

    private static ISystemdNotifier? Notifier(IServiceProvider services) => services.GetService<ISystemdNotifier>() is { IsEnabled: true } notifier ? notifier : null;

    private static TimeSpan? Interval() =>
        long.TryParse(Environment.GetEnvironmentVariable(IntervalVariable), NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;

    private static partial class Log
    {
        [LoggerMessage(9001, LogLevel.Information, "systemd restarts this service when it does not answer for {Seconds} s")]
        public static partial void Watched(ILogger logger, double seconds);

        [LoggerMessage(9002, LogLevel.Error, "The service does not answer itself: {Reason}")]
        public static partial void Silent(ILogger logger, string reason);
    }
}
