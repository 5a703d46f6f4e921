using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Cli.Audit;

/// <summary>What is done on the files while no service runs is audited as well: whoever logs with this is heard, and what was heard is written at the end.</summary>
internal sealed class AuditAtRest : IDisposable
{
    private readonly DataDirectory _data;
    private readonly AuditLog _audit;

    /// <param name="data">Taken.</param>
    /// <param name="clock">Of the box.</param>
    public AuditAtRest(DataDirectory data, DeviceClock clock)
    {
        _data = data;
        _audit = new AuditLog(clock, TimeProvider.System);
        Logs = LoggerFactory.Create(logging => logging.AddProvider(new AuditListener(_audit)));
    }

    public ILoggerFactory Logs { get; }

    public AuditLog Log => _audit;

    public void Dispose()
    {
        Logs.Dispose();
        using var writer = new AuditWriter(_audit, _data, NullLogger<AuditWriter>.Instance);
        writer.WriteNow();
    }
}
