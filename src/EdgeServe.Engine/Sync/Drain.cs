using System.Buffers;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync;

/// <summary>
/// One round of sending, step 4a of the telemetry flow: (1) the most important that may go, (2) posted as it is stored, a
/// few at a time once the collector has proved itself, (3) judged, (4) what is proven is deleted, many in one commit.
/// Memory holds the window, however much waits.
/// </summary>
internal sealed class Drain(TelemetryOutbox outbox, CollectorClient client, ClassLane[] lanes, SyncCounters counters, Func<bool> mayGoOn)
{
    /// <summary>Enough to hide a round trip and the collector's own time; not so much that a slow link carries several slowly.</summary>
    public const int Window = 4;
    private const int PageBatches = 64;
    private const long PageBytes = 8L << 20;
    private const int MostInACommit = 32;
    private readonly Refusals _refusals = new(outbox, client);
    private readonly HashSet<(long, long, string)> _inHand = [];
    private readonly Stack<OutboxBatch> _pieces = new();
    private readonly Stack<ArrayBufferWriter<byte>> _buffers = new();
    private readonly List<OutboxBatch> _proven = [];
    private readonly HashSet<TelemetryClass> _closed = [.. lanes.Where(l => l.Backoff.Left > TimeSpan.Zero).Select(l => l.Class)];
    private Queue<OutboxBatch> _page = [];
    private OutboxBatch? _after;
    private OutboxBatch[] _inCommit = [];
    private Task _committing = Task.CompletedTask;
    private long _alarms = outbox.Totals[TelemetryClass.Alarm].Batches;
    private int _window = 1;
    private bool _over;

    /// <summary>Batches that were proven to be there.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Rows the collector named as rejected.</summary>
    public long Rejected { get; private set; }

    /// <summary>The answer that ended it for the whole link; null: it came to the end of what may go.</summary>
    public ExportAnswer? Broken { get; private set; }

    /// <summary>Every answer, in the order they came.</summary>
    public event Action<ExportAnswer>? Answered;

    /// <exception cref="StorageException">The outbox could not be read or written; what was not committed is sent again.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var flying = new List<Task<Sent>>(Window);
        try
        {
            while (true)
            {
                while (flying.Count < _window && Next() is { } batch)
                {
                    if (Read(batch) is { } payload)
                        flying.Add(Task.Run(() => PostAsync(batch, payload, cancellation), cancellation));
                }

                if (flying.Count == 0)
                    break;
                var done = await Task.WhenAny(flying);
                flying.Remove(done);
                var sent = await done;
                await JudgeAsync(sent, cancellation);
                _buffers.Push(sent.Payload);
            }
        }
        finally
        {
            // What left must not be forgotten because something beside it failed.
            await Task.WhenAll(flying).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            foreach (var late in flying.Where(f => f.IsCompletedSuccessfully && f.Result.Answer.IsProven))
                _proven.Add(late.Result.Batch);
            await CommitAsync();
            await CommittedAsync();
        }
    }

    /// <summary>(1) The next to go; null: nothing may.</summary>
    private OutboxBatch? Next()
    {
        if (_over || !mayGoOn())
            return null;
        // An alarm does not wait behind a backlog of traces.
        if (outbox.Totals[TelemetryClass.Alarm].Batches is var alarms && alarms != _alarms)
        {
            if (alarms > _alarms)
                (_page, _after) = ([], null);
            _alarms = alarms;
        }

        while (true)
        {
            if (_pieces.TryPop(out var piece))
                return Take(piece);
            if (_page.Count == 0 && !Turn())
                return null;
            while (_page.TryDequeue(out var batch))
            {
                if (!_closed.Contains(batch.Class) && !_inHand.Contains(Key(batch)))
                    return Take(batch);
                // What is closed is not read through.
                if (_closed.Contains(batch.Class))
                {
                    _after = EndOf(batch);
                    _page.Clear();
                }
            }
        }
    }

    private OutboxBatch Take(OutboxBatch batch)
    {
        _inHand.Add(Key(batch));
        return batch;
    }

    private bool Turn()
    {
        var read = outbox.Pending(PageBatches, PageBytes, _after);
        if (read.Count == 0)
            return false;
        _after = read[^1];
        _page = new Queue<OutboxBatch>(read);
        return true;
    }

    /// <returns>Null: the batch is gone meanwhile, given up or acknowledged by a stick.</returns>
    private ArrayBufferWriter<byte>? Read(OutboxBatch batch)
    {
        if (!_buffers.TryPop(out var payload))
            payload = new ArrayBufferWriter<byte>();
        payload.ResetWrittenCount();
        if (outbox.ReadPayload(batch, payload))
            return payload;
        _buffers.Push(payload);
        _inHand.Remove(Key(batch));
        return null;
    }

    /// <summary>(2) Unchanged, as it is stored.</summary>
    private async Task<Sent> PostAsync(OutboxBatch batch, ArrayBufferWriter<byte> payload, CancellationToken cancellation)
    {
        var answer = await client.PostAsync(batch.Signal, payload.WrittenMemory, cancellation);
        counters.Count(batch.Class, payload.WrittenCount, answer);
        return new Sent(batch, payload, answer);
    }

    /// <summary>(3) What it means.</summary>
    private async Task JudgeAsync(Sent sent, CancellationToken cancellation)
    {
        var lane = lanes[(int)sent.Batch.Class];
        var answer = sent.Answer;
        if (answer.IsProven)
        {
            await ProvenAsync(sent, lane);
            return;
        }

        if (answer.Outcome is ExportOutcome.Rejected or ExportOutcome.TooLarge)
        {
            var (pieces, disbelieved) = await _refusals.HandleAsync(sent, lane, cancellation);
            if (disbelieved is null)
            {
                Answered?.Invoke(answer);
                foreach (var piece in pieces.Reverse())
                    _pieces.Push(piece);
                return;
            }

            answer = disbelieved.Value;
        }

        await FailedAsync(sent.Batch, lane, answer);
    }

    private async Task ProvenAsync(Sent sent, ClassLane lane)
    {
        _window = Window;
        Acknowledged++;
        Rejected += sent.Answer.Rejected;
        lane.GivenUp = 0;
        (lane.Trouble, lane.Works) = (null, true);
        Answered?.Invoke(sent.Answer);
        _proven.Add(sent.Batch);
        await lane.Backoff.SucceededAsync();
        // While the disk takes one, the next are posted; not more than it can follow.
        if (_proven.Count >= MostInACommit && (_committing.IsCompleted || _proven.Count >= 2 * MostInACommit))
            await CommitAsync();
    }

    private async Task FailedAsync(OutboxBatch batch, ClassLane lane, ExportAnswer answer)
    {
        var (state, reason) = Connectivity.After(answer.Outcome) ?? (ConnectivityState.Held, SyncReason.WrongEndpoint);
        (lane.Trouble, lane.Works) = (new Standing(state, reason, answer.Detail), false);
        _closed.Add(lane.Class);
        Answered?.Invoke(answer);
        await lane.Backoff.FailedAsync(answer.RetryAfter);
        if (answer.Outcome == ExportOutcome.Unproven)
            await outbox.MarkSentAsync([batch]);
        // A refusal may be of one signal only; a link that is gone and a server that asks for peace are of all.
        bool all = state is ConnectivityState.Offline or ConnectivityState.Portal || answer.Outcome == ExportOutcome.Throttled || answer.RetryAfter is not null;
        if (!all)
            return;
        _over = true;
        Broken ??= answer;
    }

    /// <summary>(4) Deleted, many in one commit, and one commit at a time: begun when this returns, done when the next begins.</summary>
    private async Task CommitAsync()
    {
        await CommittedAsync();
        if (_proven.Count == 0)
            return;
        _inCommit = [.. _proven];
        _proven.Clear();
        _committing = outbox.AcknowledgeAsync(_inCommit, AcknowledgedBy.Collector);
    }

    private async Task CommittedAsync()
    {
        await _committing;
        foreach (var batch in _inCommit)
            _inHand.Remove(Key(batch));
        _inCommit = [];
    }

    private static (long, long, string) Key(OutboxBatch batch) => (batch.Epoch, batch.Sequence, batch.Part);

    /// <summary>Behind every batch of its class.</summary>
    private static OutboxBatch EndOf(OutboxBatch batch) => batch with { Epoch = long.MaxValue, Sequence = long.MaxValue, Part = "" };
}
