namespace EdgeServe.Cli.Bench;

/// <summary>One measurement.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Protocol">http-binary, http-json or grpc.</param>
/// <param name="Connections">Connections, each with one request under way at a time.</param>
/// <param name="Requests">Answered.</param>
/// <param name="Failed">Answered with an error, or not at all.</param>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="P50Milliseconds">Half of the answers came within this.</param>
/// <param name="P95Milliseconds">95 of 100.</param>
/// <param name="P99Milliseconds">99 of 100.</param>
/// <param name="QueueMilliseconds">Mean time in the server's queue; null when its statistics cannot be read.</param>
/// <param name="ComputeMilliseconds">Mean time the engine ran; null when the server's statistics cannot be read.</param>
internal sealed record BenchRow(
    string Model, string Protocol, int Connections, long Requests, long Failed, double PerSecond,
    double P50Milliseconds, double P95Milliseconds, double P99Milliseconds, double? QueueMilliseconds, double? ComputeMilliseconds);
