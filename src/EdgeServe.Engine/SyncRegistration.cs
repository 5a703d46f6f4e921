using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Sync;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Engine.Updates.Sticks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine;

/// <summary>The way telemetry takes to a collector. Needs telemetry and enrolment.</summary>
internal static class SyncRegistration
{
    /// <param name="services">The host's.</param>
    /// <param name="options">Pace, hours, patience.</param>
    /// <param name="stores">False: nothing is stored, so there is nothing to send.</param>
    /// <param name="configured">The collector the configuration names; null: the enrolment's, if it has one.</param>
    public static IServiceCollection AddSync(this IServiceCollection services, SyncOptions options, bool stores, Uri? configured) => services
        .AddSingleton(p => Tools(p, options))
        .AddSingleton(p =>
        {
            var enrolment = p.GetRequiredService<DeviceEnrolment>();
            var tools = p.GetRequiredService<SyncTools>();
            enrolment.Changed += tools.EndpointMayHaveChanged;
            return new Forwarder(p.GetRequiredService<TelemetryOutbox>(), tools, () => stores ? configured ?? Enrolled(enrolment) : null);
        })
        .AddHostedService(p => p.GetRequiredService<Forwarder>());

    /// <summary>The way telemetry takes on sticks. Needs telemetry, enrolment and sticks.</summary>
    public static IServiceCollection AddCarryOut(this IServiceCollection services, CarryOutOptions options) => services
        .AddSingleton(p => new CarryOutBox(
            p.GetRequiredService<DeviceIdentity>(), p.GetRequiredService<DeviceKey>(), p.GetRequiredService<DeviceEnrolment>(), p.GetRequiredService<DeviceClock>(),
            new CarryOutRecord(p.GetRequiredService<DataDirectory>().Device, p.GetRequiredService<DeviceClock>())))
        .AddSingleton(p => new StickTelemetry(p.GetRequiredService<TelemetryOutbox>(), p.GetRequiredService<CarryOutBox>(), options, p.GetRequiredService<ILogger<StickTelemetry>>()))
        .AddSingleton<IStickCargo>(p => p.GetRequiredService<StickTelemetry>());

    private static SyncTools Tools(IServiceProvider services, SyncOptions options)
    {
        string device = services.GetRequiredService<DataDirectory>().Device;
        var clock = services.GetRequiredService<DeviceClock>();
        var time = services.GetRequiredService<TimeProvider>();
        var budget = new LinkBudget(time, () => clock.Now, new DoubledFile(Path.Combine(device, "sync-link")), options.BytesPerSecond, options.BytesPerDay);
        return new SyncTools(options, clock, time, new SyncRecord(device, clock), budget, services.GetRequiredService<ILogger<Forwarder>>()) { DeviceId = Id(services) };
    }

    private static string Id(IServiceProvider services)
    {
        try
        {
            return services.GetRequiredService<DeviceIdentity>().Id;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A box that cannot write has no name yet; the machine's will do for a place in the crowd.
            return Environment.MachineName;
        }
    }

    private static Uri? Enrolled(DeviceEnrolment enrolment) => enrolment.Terms?.TelemetryEndpoint is { } address ? new Uri(address) : null;
}
