namespace EdgeServe.Http.Telemetry;

/// <param name="Level">unknown, ok, warn or alarm.</param>
/// <param name="Psi">Population stability index of the last full window; absent before there is one.</param>
/// <param name="WarnAt">The limit in force.</param>
/// <param name="AlarmAt">The limit in force.</param>
/// <param name="OutOfRange">Share of the window outside what the reference knows, 0 to 1.</param>
/// <param name="Missing">Share of the window that is not a number, 0 to 1.</param>
internal sealed record DriftFeatureBody(string Name, string Level, double? Psi, double? WarnAt, double? AlarmAt, double OutOfRange, double Missing);

/// <param name="Level">The worst of the features'.</param>
/// <param name="Reference">shipped with the model, learned on this device, or learning.</param>
/// <param name="ReferenceRows">Rows of the reference; while learning: so far.</param>
/// <param name="Window">Rows compared at a time.</param>
/// <param name="WindowRows">Rows in the window now.</param>
/// <param name="Rows">Rows counted.</param>
/// <param name="SkippedRows">Rows not looked at, so that serving does not wait for it.</param>
internal sealed record DriftBody(
    string Model, string Version, string Level, string Reference, long ReferenceRows, int Window, int WindowRows, long Rows, long SkippedRows, DriftFeatureBody[] Features);
