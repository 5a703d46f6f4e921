namespace EdgeServe.Engine.Models.Golden;

/// <summary>How one sample went on this device.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="Sample">Sample name.</param>
/// <param name="Passed">Every check held.</param>
/// <param name="Failures">What did not hold.</param>
/// <param name="Deviation">Largest deviation relative to its tolerance's check.</param>
/// <param name="Tolerance">The tolerance of that check; 0 when no check has one.</param>
/// <param name="Milliseconds">Median time of one step, from the parsed request to its outputs.</param>
internal sealed record GoldenResult(
    string Model, long Version, string Sample, bool Passed, string[] Failures, double Deviation, double Tolerance, double Milliseconds);
