using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Audit;

/// <summary>
/// Hears the log events of security and updates and notes them: who logs such an event need not know of the audit. Its own filter lets
/// them through whatever level an operator sets for other logs.
/// </summary>
[ProviderAlias("Audit")]
internal sealed class AuditListener(AuditLog audit) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith("EdgeServe", StringComparison.Ordinal) && !categoryName.StartsWith("EdgeServe.Engine.Audit", StringComparison.Ordinal) ? new Ear(audit) : Deaf.Instance;

    public void Dispose()
    {
    }

    /// <returns>The kind of an event; null: it is none of the audit's.</returns>
    public static string? KindOf(int id, LogLevel level) => id switch
    {
        4001 => "service.started",
        6001 => "update.changed",
        6002 => "update.refused",
        6004 => "update.trouble",
        6210 => "device.enrolled",
        7001 => "telemetry.epoch",
        7202 => "telemetry.acknowledged",
        7203 => "telemetry.acknowledgement_refused",
        8001 => "key.made",
        8002 => "key.renamed",
        8003 => "key.revoked",
        8004 => "key.reset",
        8005 => "key.damaged",
        8011 => "tls.authority",
        8012 or 8013 => "tls.certificate",
        8100 => "pairing.opened",
        8101 => "pairing.paired",
        8102 => "pairing.expired",
        8103 => "pairing.locked",
        8104 => "pairing.cancelled",
        8105 => "pairing.setup_code",
        8110 => "clock.set",
        8120 => "pairing.card",
        8361 => "program.handed_over",
        8362 => "program.refused",
        8363 => "program.changed",
        8364 => "program.returned",
        8365 or 8366 => "program.trust",
        8317 => "pairing.reopened",
        // What else of security comes: its own sentence says what it is.
        >= 8106 and < 8200 when level >= LogLevel.Warning => "security",
        _ => null,
    };

    private sealed class Ear(AuditLog audit) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (KindOf(eventId.Id, logLevel) is { } kind)
                audit.Note(kind, WhoIn(state) ?? "service", formatter(state, exception));
        }

        /// <summary>Events that somebody causes carry who it was as By.</summary>
        private static string? WhoIn(object? state) =>
            state is IReadOnlyList<KeyValuePair<string, object?>> values ? values.FirstOrDefault(v => v.Key == "By").Value?.ToString() : null;
    }

    private sealed class Deaf : ILogger
    {
        public static Deaf Instance { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => false;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
        }
    }
}
