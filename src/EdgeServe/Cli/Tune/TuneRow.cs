namespace EdgeServe.Cli.Tune;

/// <summary>What was measured.</summary>
/// <param name="Graph">Its file.</param>
/// <param name="Threads">Inside one run.</param>
/// <param name="Instances">Runs at a time.</param>
/// <param name="Spin">Did idle engine threads spin?</param>
/// <param name="Batch">Requests that might share a run.</param>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="P50Milliseconds">Half of the answers came within this.</param>
/// <param name="P95Milliseconds">95 of 100.</param>
internal sealed record TuneRow(string Graph, int Threads, int Instances, bool Spin, int Batch, double PerSecond, double P50Milliseconds, double P95Milliseconds);
