using System.Text.Json.Serialization;

namespace EdgeServe.Engine.Updates;

/// <summary>Everything the updater must know after a power cut. Immutable: each step is one new state, written whole.</summary>
public sealed record JournalState
{
    /// <summary>The set that serves; null: none yet.</summary>
    public SetReference? Active { get; init; }

    /// <summary>The set to go back to.</summary>
    public SetReference? Previous { get; init; }

    /// <summary>The set being fetched or tried: its content is kept for going on.</summary>
    public SetReference? Pending { get; init; }

    /// <summary>The set rolled back last: what it shares with its successor need not be fetched twice.</summary>
    public SetReference? RolledBack { get; init; }

    /// <summary>Null: the active set is committed.</summary>
    public ProbationState? Probation { get; init; }

    public RefusedSet? Refused { get; init; }

    /// <summary>The operator wants no updates for now.</summary>
    public bool Held { get; init; }

    /// <summary>The last line of root's record of programs that was taken over into the history.</summary>
    public long ProgramSeen { get; init; }

    /// <summary>Oldest first, bounded.</summary>
    public IReadOnlyList<UpdateEvent> History { get; init; } = [];

    /// <summary>Every set whose content must stay.</summary>
    [JsonIgnore]
    public IEnumerable<SetReference> Sets => new[] { Active, Previous, Pending, RolledBack }.OfType<SetReference>().Distinct();
}
