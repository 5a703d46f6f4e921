using EdgeServe.Cli.Audit;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Cli.Tablets;

/// <summary>The keys of a box whose service is stopped; its data directory is owned meanwhile.</summary>
internal static class KeyFiles
{
    public static T With<T>(EdgeServeOptions options, Func<KeyStore, DeviceClock, T> work)
    {
        using var data = new DataDirectory(options.Server.DataDirectory);
        data.TakeByHand();
        var clock = DeviceClock.Of(TimeProvider.System, data.Device);
        using var audit = new AuditAtRest(data, clock);
        using var keys = new KeyStore(data.Device, clock, TimeProvider.System, options.Security.KeyRequestsPerSecond, audit.Logs.CreateLogger<KeyStore>());
        // What a reset of the keys takes back as well.
        using var pairing = new PairingDesk(keys, new SetupCode(data.Device), TimeProvider.System, audit.Logs.CreateLogger<PairingDesk>());
        return work(keys, clock);
    }
}
