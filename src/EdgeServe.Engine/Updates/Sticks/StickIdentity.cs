using System.Globalization;
using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Device;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>How this box signs its reports: with its id, its name and what its clock says, if that was ever set.</summary>
internal sealed class StickIdentity(DeviceIdentity identity, DeviceClock clock, StickOptions options, string program)
{
    private const string Unknown = "00000000000000000000000000000000";

    /// <summary>The last line of the box's audit log; null: not known.</summary>
    internal Func<AuditHead?> Audit { get; init; } = static () => null;

    internal ReportEntry Entry(CarrierText text, BundleError? error, string? channel, long release, CargoReport? cargo = null) => new(
        Id(), options.DeviceName, text, error is { } code ? ReportJson.Code(code) : null, channel, release, At(), program)
    {
        // Said once.
        Cargo = ReferenceEquals(cargo?.Text, text) ? null : cargo?.Text,
        CargoCode = cargo?.Error is { } problem ? ReportJson.Code(problem) : null,
        Audit = Audit(),
    };

    private string? At() => clock.Quality == ClockQuality.Unset
        ? null
        : DateTimeOffset.FromUnixTimeMilliseconds(clock.Wall).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private string Id()
    {
        try
        {
            return identity.Id;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A box that cannot write has no id yet.
            return Unknown;
        }
    }
}
