using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>
/// Posts carried-out batches to a collector, by the rules of the forwarder: what counts is a proven answer; a batch that is
/// refused for what it is is halved down to the row, and a row is given up only on the word of a collector that takes an
/// empty request.
/// </summary>
internal sealed class CollectorImport(CollectorClient client, TimeProvider time)
{
    private const int Tries = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private readonly HashSet<(string, long, long, string)> _posted = [];
    private int _refusedInARow;

    /// <summary>Batches that a collector proved to have, by device.</summary>
    public Dictionary<string, BatchNumbers> Proven { get; } = [];

    /// <summary>How many of them.</summary>
    public long Batches { get; private set; }

    /// <summary>Log records, metrics and spans that the collector will never take.</summary>
    public long Refused { get; private set; }

    /// <summary>Posts one batch; one that came from another stick before is not posted again.</summary>
    /// <exception cref="CarryOutException"><see cref="CarryOutError.NotProven"/>: it and what is behind it is still to be delivered.</exception>
    public async Task PostAsync(string device, CarriedBatch batch, CancellationToken cancellation)
    {
        if (_posted.Contains((device, batch.Epoch, batch.Sequence, batch.Part)))
            return;
        await DeliverAsync(device, batch, batch.Payload, batch.Part, cancellation);
        _posted.Add((device, batch.Epoch, batch.Sequence, batch.Part));
        if (!Proven.TryGetValue(device, out var numbers))
            Proven[device] = numbers = new BatchNumbers();
        numbers.Add(batch.Epoch, batch.Sequence, batch.Part);
        Batches++;
    }

    private async Task DeliverAsync(string device, CarriedBatch batch, byte[] payload, string part, CancellationToken cancellation)
    {
        var answer = await PatientAsync(batch.Signal, payload, cancellation);
        if (answer.IsProven)
        {
            Refused += answer.Rejected;
            _refusedInARow = 0;
            return;
        }

        if (answer.Outcome is not (ExportOutcome.Rejected or ExportOutcome.TooLarge))
            throw NotProven(batch, answer);
        if (await client.ProbeAsync(batch.Signal, cancellation) is { IsProven: false } probe)
            throw NotProven(batch, new ExportAnswer(ExportOutcome.WrongEndpoint, $"{probe.Detail} to an empty request too"));
        byte[] request;
        try
        {
            request = Gzip.Decompress(payload);
        }
        catch (InvalidDataException e)
        {
            throw new CarryOutException(CarryOutError.Malformed, $"{batch.Name} is not what a box stores: {e.Message}", "Tell whoever maintains EdgeServe.", e);
        }

        if (OtlpSplit.Halve(request) is not { } halves)
        {
            if (++_refusedInARow > Refusals.MostInARow)
                throw NotProven(batch, new ExportAnswer(ExportOutcome.EverythingRefused, $"refused {Refusals.MostInARow} rows in a row"));
            Refused++;
            return;
        }

        await DeliverAsync(device, batch, Stamped(device, batch, request, halves.First, $"{Before(part)}1/2"), $"{Before(part)}1/2", cancellation);
        await DeliverAsync(device, batch, Stamped(device, batch, request, halves.Second, $"{Before(part)}2/2"), $"{Before(part)}2/2", cancellation);
    }

    /// <summary>A collector that asks for peace gets it, within reason.</summary>
    private async Task<ExportAnswer> PatientAsync(OtlpSignal signal, byte[] payload, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            var answer = await client.PostAsync(signal, payload, cancellation);
            if (attempt == Tries || answer.Outcome is not (ExportOutcome.Throttled or ExportOutcome.Unavailable or ExportOutcome.Unproven))
                return answer;
            var pause = answer.RetryAfter ?? Pause * attempt;
            await Task.Delay(pause < LongestPause ? pause : LongestPause, time, cancellation);
        }
    }

    private static string Before(string part) => part.Length > 0 ? part + "." : "";

    private static byte[] Stamped(string device, CarriedBatch batch, byte[] request, OutboxPiece piece, string part)
    {
        var writer = new ProtoWriter();
        return ResourceStamp.TryWrite(piece.Request, StampReader.Read(request, device, batch, part), writer)
            ? Gzip.Compress(writer.Written)
            : throw new CarryOutException(CarryOutError.Malformed, $"{batch.Name} is no OTLP request", "Tell whoever maintains EdgeServe.");
    }

    private CarryOutException NotProven(CarriedBatch batch, ExportAnswer answer) => new(
        CarryOutError.NotProven, $"{client.Endpoint} did not take {batch.Name}: {answer.Detail}", "Mend that and import again: what it has already it knows by its number.");
}
