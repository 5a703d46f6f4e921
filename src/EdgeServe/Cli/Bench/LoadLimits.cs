namespace EdgeServe.Cli.Bench;

/// <summary>What a measurement may cost.</summary>
/// <param name="Duration">Ends after this, or when <paramref name="MaxRequests"/> were sent.</param>
/// <param name="MaxRequests">Over all connections.</param>
/// <param name="Rate">Requests a second over all connections, sent whether answers come or not (latency counts from when each was due); 0: as fast as answers come.</param>
internal sealed record LoadLimits(TimeSpan Duration, long MaxRequests, double Rate);
