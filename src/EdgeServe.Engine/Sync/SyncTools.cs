using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Device;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Sync;

/// <summary>The box that telemetry leaves: its clocks, its name, its link, what it remembers.</summary>
internal sealed record SyncTools(SyncOptions Options, DeviceClock Clock, TimeProvider Time, SyncRecord Record, LinkBudget Budget, ILogger Log)
{
    /// <summary>Gives the box its place in the crowd.</summary>
    public string DeviceId { get; init; } = "";

    /// <summary>There may be another collector.</summary>
    public event Action? EndpointChanged;

    public void EndpointMayHaveChanged() => EndpointChanged?.Invoke();
}
