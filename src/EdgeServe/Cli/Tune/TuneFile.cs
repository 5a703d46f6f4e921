namespace EdgeServe.Cli.Tune;

/// <summary>What the device keeps of a measurement: the part of the definition it goes by, and the table it comes from.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">It was measured with.</param>
/// <param name="GraphBytes">Of that version's graph: for another one this file does not count.</param>
/// <param name="Cores">The device had.</param>
/// <param name="Clients">Sent requests, each the next when it had its answer.</param>
/// <param name="LatencyBoundMilliseconds">What the p95 was allowed.</param>
/// <param name="Precision">Which precisions were compared.</param>
/// <param name="Definition">In the words of model.json.</param>
/// <param name="Table">All that was measured.</param>
internal sealed record TuneFile(
    string Model, long Version, long GraphBytes, int Cores, int Clients, double LatencyBoundMilliseconds, string Precision, TunedDefinition Definition, TuneRow[] Table);

/// <param name="Instances">Runs at a time.</param>
/// <param name="Execution">Threads and spinning.</param>
/// <param name="DynamicBatching">Absent: requests do not share runs.</param>
internal sealed record TunedDefinition(int Instances, TunedExecution Execution, TunedBatching? DynamicBatching);

internal sealed record TunedExecution(int IntraOpThreads, bool AllowSpinning);

internal sealed record TunedBatching(int[] PreferredBatchSize);
