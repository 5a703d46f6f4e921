using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync;

/// <summary>
/// A batch that is refused for what it is: halved until the row is found, and that row given up with a tombstone. Only on
/// the word of a collector that takes an empty request, and never row after row without end.
/// </summary>
internal sealed class Refusals(TelemetryOutbox outbox, CollectorClient client)
{
    /// <summary>A server that refuses so many rows in a row refuses everything.</summary>
    public const int MostInARow = 16;

    private readonly ExportAnswer?[] _probes = new ExportAnswer?[Enum.GetValues<OtlpSignal>().Length];

    /// <returns>The pieces to send instead, none when the row was given up; or why the refusal is not believed.</returns>
    public async Task<(IReadOnlyList<OutboxBatch> Pieces, ExportAnswer? Disbelieved)> HandleAsync(Sent sent, ClassLane lane, CancellationToken cancellation)
    {
        var batch = sent.Batch;
        if (await DisbelievedAsync(batch.Signal, cancellation) is { } doubt)
            return ([], doubt);
        if (Halves(sent.Payload.WrittenSpan.ToArray()) is { } halves)
            return (await outbox.SplitAsync(batch, [halves.First, halves.Second]), null);
        if (lane.GivenUp >= MostInARow)
            return ([], new ExportAnswer(ExportOutcome.EverythingRefused, $"refused {MostInARow} rows of {Tombstone.Name(lane.Class)} in a row"));
        lane.GivenUp++;
        await outbox.DeadLetterAsync(batch, sent.Answer.Detail);
        return ([], null);
    }

    private static (OutboxPiece First, OutboxPiece Second)? Halves(byte[] payload)
    {
        try
        {
            return OtlpSplit.Halve(Gzip.Decompress(payload));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private async Task<ExportAnswer?> DisbelievedAsync(OtlpSignal signal, CancellationToken cancellation)
    {
        var probe = _probes[(int)signal] ??= await client.ProbeAsync(signal, cancellation);
        if (probe.IsProven)
            return null;
        return probe.Outcome is ExportOutcome.Rejected or ExportOutcome.TooLarge
            ? new ExportAnswer(ExportOutcome.WrongEndpoint, $"{probe.Detail} to an empty request too")
            : probe;
    }
}
