using System.Threading.Channels;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Updates;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Telemetry.Samples;

/// <summary>
/// Inputs of one request in many, for head office alone. There is one only when the operator agrees; it looks only at models
/// whose definition asks. 1 whose turn it is, on the thread that answers -> 2 bounds: a key, size, the outbox, the queue, the
/// day -> 3 a copy in memory -> 4 sealed on a quiet thread, the copy wiped -> 5 a record in the outbox. Nothing plain leaves
/// the memory. Golden samples and other trials are never seen.
/// </summary>
internal sealed partial class InputSampler : BackgroundService
{
    /// <summary>Of a request, header and tensors.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Copies in memory at a time.</summary>
    public const int MaxWaiting = 4;

    private readonly Channel<InputSample> _queue = Channel.CreateBounded<InputSample>(MaxWaiting);
    private readonly ModelCatalog _catalog;
    private readonly TelemetryOutbox _outbox;
    private readonly DeviceClock _clock;
    private readonly SampleBudget _budget;
    private readonly SampleSealer _sealer;
    private readonly ILogger<InputSampler> _log;
    private int _waiting;
    private int _saidNoKey;

    public InputSampler(ModelCatalog catalog, TelemetryOutbox outbox, DeviceClock clock, SampleBudget budget, SampleSealer sealer, ILogger<InputSampler> log)
    {
        (_catalog, _outbox, _clock, _budget, _sealer, _log) = (catalog, outbox, clock, budget, sealer, log);
        // Hosted services are all made before the first is started: no model is loaded yet.
        catalog.Loaded += Attach;
    }

    public SampleCounts Counts { get; } = new();

    /// <summary>Does a model that serves ask for it?</summary>
    public bool IsAsked => _catalog.Current.Models.SelectMany(m => m.Versions).Any(v => v.Served is { Definition.Telemetry.SampleInputs: > 0 });

    public bool HasKey => _sealer.Key is not null;

    public long LeftToday => _budget.Left;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
        // Stopped before it had begun: what was taken is sealed all the same, the queue is short.
        if (ExecuteTask is not { IsCompleted: false })
        {
            while (_queue.Reader.TryRead(out var sample))
                Settle(sample);
        }
    }

    public override void Dispose()
    {
        _catalog.Loaded -= Attach;
        Counts.Dispose();
        _sealer.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => QuietThread.RunAsync("samples", async () =>
    {
        await foreach (var sample in _queue.Reader.ReadAllAsync(CancellationToken.None))
            Settle(sample);
    });

    private void Attach(ServedModel model, ModelFiles files)
    {
        int oneIn = model.Definition.Telemetry.SampleInputs;
        if (oneIn == 0)
            return;
        if (HasKey)
            Log.Sampled(_log, oneIn, model.Key.Name, model.Key.Version);
        else
            SayNoKey(model);
        var turns = new SampleTurns(oneIn);
        model.Answered += (request, _) =>
        {
            if (turns.Next()) // 1
                Take(request);
        };
    }

    /// <summary>Steps 2 and 3. The request keeps its answer, whatever becomes of this.</summary>
    private void Take(InferRequest request)
    {
        if (Refusal(request) is { } refusal)
        {
            Counts.Add(refusal);
            return;
        }

        SampleOutcome? end = SampleOutcome.Failed;
        try
        {
            end = Copy(request);
        }
        catch (Exception e)
        {
            Fail(request.Model, e);
        }

        if (end is { } outcome)
        {
            Interlocked.Decrement(ref _waiting);
            Counts.Add(outcome);
        }
    }

    /// <returns>Null: a place in the queue is kept for it.</returns>
    private SampleOutcome? Refusal(InferRequest request)
    {
        if (!HasKey)
        {
            SayNoKey(request.Model);
            return SampleOutcome.NoKey;
        }

        if (_outbox.Totals[TelemetryClass.Record].Bytes > _outbox.Options.MaxBytes / 2)
            return SampleOutcome.OutboxFull;
        if (_budget.Left == 0)
            return SampleOutcome.DaySpent;
        if (Interlocked.Increment(ref _waiting) <= MaxWaiting)
            return null;
        Interlocked.Decrement(ref _waiting);
        return SampleOutcome.Busy;
    }

    /// <returns>Null: it waits to be sealed.</returns>
    private SampleOutcome? Copy(InferRequest request)
    {
        if (SampleRequest.Write(request, MaxBytes) is not { } written)
            return SampleOutcome.TooLarge;
        if (!_budget.TryTake())
            return SampleOutcome.DaySpent;
        // It has a place; only the end of the service takes that away.
        return _queue.Writer.TryWrite(new InputSample(request.Model, written.Content, written.HeaderBytes, request.BatchSize, OutboxMoment.Now(_clock))) ? null : SampleOutcome.Busy;
    }

    private void Settle(InputSample sample)
    {
        Counts.Add(Keep(sample));
        Interlocked.Decrement(ref _waiting);
    }

    /// <summary>Steps 4 and 5.</summary>
    private SampleOutcome Keep(InputSample sample)
    {
        try
        {
            if (_sealer.Seal(sample) is not { } record)
                return SampleOutcome.NoKey;
            SaveDay();
            _outbox.Add(TelemetryClass.Record, OtlpSignal.Logs, 1, record);
            return SampleOutcome.Taken;
        }
        catch (Exception e)
        {
            Fail(sample.Model, e);
            return SampleOutcome.Failed;
        }
    }

    private void SaveDay()
    {
        try
        {
            _budget.Save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.DayNotKept(_log, e.Message);
        }
    }

    private void SayNoKey(ServedModel model)
    {
        if (Interlocked.Exchange(ref _saidNoKey, 1) == 0)
            Log.NoKey(_log, model.Key.Name);
    }

    private void Fail(ServedModel model, Exception error) => Log.Failed(_log, model.Key.Name, model.Key.Version, error);

    private static partial class Log
    {
        [LoggerMessage(7401, LogLevel.Warning, "No inputs are sampled, although {Model} asks for it and Telemetry:SampleInputs allows it: this box has no key of head office to encrypt them to. Enrol it with one (edgeserve fleet init --telemetry-key)")]
        public static partial void NoKey(ILogger logger, string model);

        [LoggerMessage(7402, LogLevel.Information, "The inputs of one in {OneIn} requests of {Model} version {Version} are kept, encrypted for head office: its definition asks for it and Telemetry:SampleInputs allows it")]
        public static partial void Sampled(ILogger logger, int oneIn, string model, long version);

        [LoggerMessage(7403, LogLevel.Error, "A sample of {Model} version {Version} is given up for a reason of the service's own")]
        public static partial void Failed(ILogger logger, string model, long version, Exception error);

        [LoggerMessage(7404, LogLevel.Warning, "How many samples this day had is not kept over a restart: {Reason}")]
        public static partial void DayNotKept(ILogger logger, string reason);
    }
}
