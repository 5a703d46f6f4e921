using EdgeServe.Engine.Device;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Telemetry.Outbox;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Telemetry.Records;

/// <summary>
/// Step 1 of the telemetry flow for what was served: sleeps until something is noted, then takes what is there once an
/// interval until a whole minute was quiet. What it writes is one OTLP request a take.
/// </summary>
internal sealed partial class RecordWriter : BackgroundService
{
    private const int MostSlots = 8192;
    private readonly InferenceEngine _engine;
    private readonly InferenceRecords _inferences;
    private readonly JobRecords _jobs;
    private readonly TelemetryOutbox _outbox;
    private readonly DeviceClock _clock;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly ILogger<RecordWriter> _logger;
    private readonly RecordBudget _budget;
    private readonly RecordBudget _jobBudget;
    private readonly RunLog _log;
    private readonly SemaphoreSlim _bell = new(0);
    private readonly OtlpLogs _logs = new();
    private int _jobSlots;
    private int _rang;

    public RecordWriter(InferenceEngine engine, InferenceRecords inferences, JobRecords jobs, TelemetryOutbox outbox, DeviceClock clock, RecordPace pace, ILogger<RecordWriter> log)
    {
        _engine = engine;
        _inferences = inferences;
        _jobs = jobs;
        _outbox = outbox;
        _clock = clock;
        _time = pace.Time;
        _logger = log;
        _interval = pace.Interval;
        _budget = new RecordBudget(pace.PerMinute, pace.Time);
        _jobBudget = new RecordBudget(pace.PerMinute, pace.Time);
        _jobSlots = _jobBudget.Exchange(int.MaxValue, 0);
        _log = new RunLog(Math.Min(pace.PerMinute, MostSlots));
        _log.Open(_budget.Exchange(_log.Capacity, 0));
        _log.Began += Ring;
        _jobs.Began += Ring;
        engine.Log = _log;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        _engine.Log = null;
        _jobs.Dispose();
        TryTake();
    }

    public override void Dispose()
    {
        base.Dispose();
        _bell.Dispose();
    }

    /// <summary>Hands what was noted to the outbox.</summary>
    /// <returns>Was there anything?</returns>
    internal bool Take()
    {
        _logs.Begin(RecordNames.Scope);
        int jobs = _jobs.Write(_jobSlots, _logs, OutboxMoment.Now(_clock));
        _jobSlots = _jobBudget.Exchange(int.MaxValue, jobs);
        var counted = RecordCounts.Read(_engine.Catalog.Statistics);
        var noted = _log.Close();
        _log.Open(_budget.Exchange(_log.Capacity, noted.Length));
        _inferences.Write(noted, _logs);
        _inferences.Summarize(counted, _logs);
        if (_logs.Count == 0)
            return false;
        int items = _logs.Count;
        _outbox.Add(TelemetryClass.Record, OtlpSignal.Logs, items, _logs.End());
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await _bell.WaitAsync(stoppingToken);
            bool busy;
            do
            {
                await Task.Delay(_interval, _time, stoppingToken);
                // Rings for what is noted from now on.
                Volatile.Write(ref _rang, 0);
                busy = TryTake();
            }
            while (busy || !_budget.IsFull || !_jobBudget.IsFull);
        }
    }

    /// <summary>Serving never ends because of what only tells of it.</summary>
    private bool TryTake()
    {
        try
        {
            return Take();
        }
        catch (Exception e)
        {
            Log.Failed(_logger, e);
            return true;
        }
    }

    private void Ring()
    {
        if (Interlocked.Exchange(ref _rang, 1) == 0)
            _bell.Release();
    }

    private static partial class Log
    {
        [LoggerMessage(7007, LogLevel.Error, "Records of a few seconds could not be written")]
        public static partial void Failed(ILogger logger, Exception error);
    }
}
