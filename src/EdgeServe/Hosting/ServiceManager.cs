using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Console;

namespace EdgeServe.Hosting;

/// <summary>
/// What runs under systemd tells it when it is ready and when it stops, and logs as its journal takes it. It is systemd's
/// socket that counts: the library's own <c>AddSystemd</c> looks at the parent process, which the unit's sandbox hides.
/// </summary>
internal static class ServiceManager
{
    private const string SocketVariable = "NOTIFY_SOCKET";

    public static void AddServiceManager(this IServiceCollection services)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(SocketVariable)))
            return;
        services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        services.AddSingleton<IHostLifetime, SystemdLifetime>();
        services.Configure<ConsoleLoggerOptions>(console => console.FormatterName = ConsoleFormatterNames.Systemd);
    }
}
