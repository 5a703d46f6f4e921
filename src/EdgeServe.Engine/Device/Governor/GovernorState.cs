namespace EdgeServe.Engine.Device.Governor;

/// <summary>What each reason asks for; the highest decides.</summary>
public sealed class GovernorState
{
    private readonly GovernorRung[] _rungs;

    internal GovernorState(GovernorRung[] rungs)
    {
        _rungs = rungs;
        Level = rungs.Max(r => r.Level);
        Reasons = [.. All.Where(r => this[r].Level > GovernorLevel.Normal)];
    }

    public static GovernorReason[] All { get; } = Enum.GetValues<GovernorReason>();

    /// <summary>Nothing was seen yet.</summary>
    public static GovernorState Unseen { get; } = new(new GovernorRung[All.Length]);

    public GovernorLevel Level { get; }

    /// <summary>Those that ask for more than normal.</summary>
    public IReadOnlyList<GovernorReason> Reasons { get; }

    public GovernorRung this[GovernorReason reason] => _rungs[(int)reason];
}
