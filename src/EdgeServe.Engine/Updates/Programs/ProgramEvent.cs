namespace EdgeServe.Engine.Updates.Programs;

/// <summary>A line of root's record: what became of a program.</summary>
/// <param name="Number">Rises by one.</param>
/// <param name="UnixSeconds">By the wall clock, for people.</param>
/// <param name="Code">One of the names here.</param>
/// <param name="Version">The program it is about.</param>
/// <param name="Previous">What was installed before.</param>
/// <param name="Release">That brought it.</param>
/// <param name="Reason">In words; empty: none.</param>
internal sealed record ProgramEvent(long Number, long UnixSeconds, string Code, string Version, string Previous, long Release, string Reason)
{
    public const string OnTrial = "program_on_trial";
    public const string Committed = "program_committed";
    public const string Returned = "program_returned";
    public const string NotInstalled = "program_not_installed";

    /// <summary>Is it one of those that need attention?</summary>
    public bool IsTrouble => Code is Returned or NotInstalled;

    public string Message => Code switch
    {
        OnTrial => $"program {Version} is installed and on trial; {Previous} is kept",
        Committed => $"program {Version} is good",
        Returned => $"program {Version} was taken back, {Previous} is installed again: {Reason}",
        _ => $"program {Version} could not be installed, {Previous} stays: {Reason}",
    };
}
