namespace EdgeServe.Cli.Tune;

/// <summary>What the device keeps of a measurement: the part of the definition it goes by, and the table it comes from.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">It was measured with.</param>
/// <param name="GraphBytes">Of the graph that was chosen: for another one this file does not count.</param>
/// <param name="Cores">The device had.</param>
/// <param name="Clients">Sent requests, each the next when it had its answer.</param>
/// <param name="LatencyBoundMilliseconds">What the p95 was allowed.</param>
/// <param name="Graphs">The version's graphs, its own first: int8 and fp32, if it has both.</param>
/// <param name="Definition">In the words of model.json.</param>
/// <param name="Table">All that was measured.</param>
internal sealed record TuneFile(
    string Model, long Version, long GraphBytes, int Cores, int Clients, double LatencyBoundMilliseconds, TunedGraph[] Graphs, TunedDefinition Definition, TuneRow[] Table);

/// <param name="Name">Of its file.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="LeftOut">Why it was not measured; null: it was.</param>
internal sealed record TunedGraph(string Name, long Bytes, string? LeftOut);

/// <param name="Instances">Runs at a time.</param>
/// <param name="Execution">Graph, threads and spinning.</param>
/// <param name="DynamicBatching">Absent: requests do not share runs.</param>
internal sealed record TunedDefinition(int Instances, TunedExecution Execution, TunedBatching? DynamicBatching);

internal sealed record TunedExecution(string Graph, int IntraOpThreads, bool AllowSpinning);

internal sealed record TunedBatching(int[] PreferredBatchSize);
