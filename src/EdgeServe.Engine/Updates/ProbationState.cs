namespace EdgeServe.Engine.Updates;

/// <summary>A set that serves and may still be taken back.</summary>
/// <param name="LeftMs">Running time until it counts as good.</param>
/// <param name="Crashes">How often the process ended in it without being told to.</param>
/// <param name="Running">A process serves it now, or ended without putting that away.</param>
/// <param name="Changed">Its versions that the set before did not have with the same content: <c>name/version</c>.</param>
public sealed record ProbationState(long LeftMs, int Crashes, bool Running, IReadOnlyList<string> Changed)
{
    /// <summary>The boot in which the process that serves it began; empty: not known.</summary>
    public string Boot { get; init; } = "";

    /// <summary>That process has served for a while: what ended it then was not its start.</summary>
    public bool Settled { get; init; }

    /// <summary>How often in a row the whole machine went down before the process had settled.</summary>
    public int Reboots { get; init; }

    /// <summary>
    /// What a start makes of it. A process that was not told to end has crashed, unless the machine has booted since: then
    /// the power was cut, and that is no fault of the set. But a set may also bring the machine down with it: a machine
    /// that goes down a second time right after the start counts, and each further time.
    /// </summary>
    /// <param name="boot">The boot of this start; empty: not known.</param>
    public ProbationState AtStart(string boot)
    {
        bool rebooted = Boot.Length > 0 && boot.Length > 0 && Boot != boot;
        int reboots = Running && rebooted && !Settled ? Reboots + 1 : 0;
        bool crashed = Running && (!rebooted || reboots > 1);
        return this with { Crashes = Crashes + (crashed ? 1 : 0), Running = true, Boot = boot, Settled = false, Reboots = reboots };
    }
}
