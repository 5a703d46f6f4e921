using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Updates;

/// <summary>What the updater writes down: the trust counters, the journal, and an event for every end.</summary>
internal sealed partial class UpdateRecords(string directory, DeviceClock clock, ILogger<UpdateRecords> log)
{
    public const string Activated = "activated";
    public const string Committed = "committed";
    public const string RolledBack = "rolled_back";

    // Things that pass: told, logged, not written to the card at every try.
    private static readonly BundleError[] Passing =
    [
        BundleError.SourceUnavailable, BundleError.CaptivePortal, BundleError.Unauthorized, BundleError.BudgetSpent, BundleError.Held,
        BundleError.OlderRelease, BundleError.NotEnrolled, BundleError.NotFound,
    ];

    private TrustState? _trust;
    private volatile SetReference? _serving;

    public UpdateJournal Journal { get; } = new(directory);

    /// <exception cref="BundleException"><see cref="BundleError.StorageBroken"/>: it cannot be read; nothing may be installed.</exception>
    public TrustState Trust => _trust ??= new TrustState(directory);

    /// <summary>The last end of anything, of this process or the one before.</summary>
    public UpdateEvent? Last { get => field ?? (Journal.State.History is [.., var newest] ? newest : null); private set; }

    /// <summary>
    /// The set whose models answer: at a swap the journal is ahead of it for a moment. Null: none, or not known before the
    /// start has read the journal.
    /// </summary>
    public SetReference? Serving { get => _serving; set => _serving = value; }

    /// <summary>Milliseconds of running time.</summary>
    public long Now => clock.Now;

    /// <summary>This boot of the machine; empty: not known.</summary>
    public string Boot => clock.BootId;

    public UpdateEvent Event(string code, SetReference? set, string source, string message, string? hint = null, long bytes = 0) =>
        new(code, set?.Release ?? 0, set?.Digest.ToString() ?? "", source, message, hint, clock.Wall, clock.Now, bytes);

    /// <summary>The code of a refusal: the error's name in snake_case.</summary>
    public static string Code(BundleError error) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(error.ToString());

    /// <summary>One that is in the journal already.</summary>
    public void Note(UpdateEvent e)
    {
        Last = e;
        Log.Changed(log, e.Code, e.Release, e.Source, e.Message);
    }

    /// <summary>An offer was refused or broke off.</summary>
    public void Refused(SetReference? set, string source, BundleException refusal, long bytes)
    {
        refusal.Recorded = true;
        var e = Event(Code(refusal.Error), set, source, refusal.Message, refusal.Hint, bytes);
        bool told = Last is { } last && last.Code == e.Code && last.Digest == e.Digest && last.Source == e.Source;
        Last = e;
        if (refusal.Error == BundleError.OlderRelease)
            Log.Older(log, source, refusal.Message);
        else
            Log.Refused(log, e.Code, e.Release, source, refusal.Message, refusal.Hint ?? "");
        if (!told && !Passing.Contains(refusal.Error))
            Journal.TryWrite(s => s with { History = [.. s.History, e] });
    }

    private static partial class Log
    {
        [LoggerMessage(6001, LogLevel.Information, "Update {Outcome}: release {Release} from {Source}: {Message}")]
        public static partial void Changed(ILogger logger, string outcome, long release, string source, string message);

        [LoggerMessage(6002, LogLevel.Warning, "Update refused ({Code}): release {Release} from {Source}: {Message} {Hint}")]
        public static partial void Refused(ILogger logger, string code, long release, string source, string message, string hint);

        [LoggerMessage(6003, LogLevel.Information, "{Source} has nothing newer: {Message}")]
        public static partial void Older(ILogger logger, string source, string message);
    }
}
