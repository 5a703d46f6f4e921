using System.Net;
using EdgeServe.Cli.Audit;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;
using EdgeServe.Http.Pairing;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;
using EdgeServe.Security.Tls;

namespace EdgeServe.Cli.Tablets;

/// <summary>A setup card for a box whose service is stopped, or was never started; its data directory is owned meanwhile.</summary>
internal static class SetupCardFiles
{
    /// <exception cref="PairingException">It would lead nowhere.</exception>
    public static byte[] Make(EdgeServeOptions options, NewSetupCardBody wish)
    {
        var links = SetupCard.Links(options, wish.Address);
        var scope = SetupCard.ScopeOf(wish.Scope);
        using var data = new DataDirectory(options.Server.DataDirectory);
        data.TakeByHand();
        var clock = DeviceClock.Of(TimeProvider.System, data.Device);
        using var audit = new AuditAtRest(data, clock);
        using var keys = new KeyStore(data.Device, clock, TimeProvider.System, options.Security.KeyRequestsPerSecond, audit.Logs.CreateLogger<KeyStore>());
        using var desk = new PairingDesk(keys, new SetupCode(data.Device), TimeProvider.System, audit.Logs.CreateLogger<PairingDesk>());
        string? fingerprint = null;
        if (options.Security.CertificateFile.Length == 0)
        {
            using var authority = BoxAuthority.Ensure(data.Device, BoxNames.Host(Dns.GetHostName()), audit.Logs.CreateLogger<BoxAuthority>());
            fingerprint = authority.Fingerprint;
        }

        return SetupCard.Write(options, links, fingerprint, desk.ReplaceSetup(scope, KeyVerbs.By), scope);
    }
}
