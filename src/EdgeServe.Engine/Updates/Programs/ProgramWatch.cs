using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Engine.Updates.Sticks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Updates.Programs;

/// <summary>Takes over into history, log and audit what root wrote about programs, and has root pin the keys of a box that was enrolled.</summary>
internal sealed partial class ProgramWatch(ProgramUpdate program, UpdateRecords records, DeviceEnrolment enrolment, ILogger<ProgramWatch> log) : BackgroundService
{
    private readonly ChangeSignal _signal = new();
    private volatile bool _pin = true;

    public override void Dispose()
    {
        _signal.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        enrolment.Changed += Enrolled;
        try
        {
            await Task.Yield();
            while (true)
            {
                // Watch first, read second: what comes in between is read twice rather than never.
                _signal.Watch([program.Place.Directory]);
                foreach (var line in program.Place.Record.Where(l => l.Number > records.Journal.State.ProgramSeen))
                    TakeOver(line);
                if (_pin && enrolment.IsEnrolled)
                {
                    _pin = false;
                    await program.PinAsync(stoppingToken);
                }

                await _signal.WaitAsync(stoppingToken);
            }
        }
        finally
        {
            enrolment.Changed -= Enrolled;
        }
    }

    private void Enrolled()
    {
        _pin = true;
        _signal.Set();
    }

    private void TakeOver(ProgramEvent line)
    {
        var e = new UpdateEvent(line.Code, line.Release, "", "root's helper", line.Message, line.IsTrouble ? "Publish a release with a newer program." : null, line.UnixSeconds * 1000, records.Now, 0);
        records.Journal.TryWrite(s => s with { ProgramSeen = line.Number, History = [.. s.History, e] });
        if (line.IsTrouble)
            Log.Trouble(log, line.Release, line.Message);
        else
            Log.Changed(log, line.Release, line.Message);
    }

    private static partial class Log
    {
        [LoggerMessage(8363, LogLevel.Information, "Release {Release}: {Message}")]
        public static partial void Changed(ILogger logger, long release, string message);

        [LoggerMessage(8364, LogLevel.Warning, "Release {Release}: {Message}")]
        public static partial void Trouble(ILogger logger, long release, string message);
    }
}
