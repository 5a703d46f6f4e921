namespace EdgeServe.Http.Updates;

/// <summary>One release as the device has it.</summary>
internal sealed record SetBody(long Release, string Digest);

/// <param name="LeftMs">Running time until the release counts as good.</param>
/// <param name="Crashes">Ends of the process that nobody asked for, since it serves.</param>
/// <param name="Changed">Versions that are new in it.</param>
internal sealed record ProbationBody(long LeftMs, int Crashes, string[] Changed);

/// <param name="Step">verifying, copying, trying or activating.</param>
internal sealed record UpdateActivityBody(string Step, string Source, long? Release, long Bytes, long TotalBytes);

/// <param name="Code">activated, committed, rolled_back, or why it was refused.</param>
/// <param name="At">RFC 3339, by the device's own clock.</param>
/// <param name="Sentence">For whoever stands before the box; absent where nothing was refused.</param>
internal sealed record UpdateEventBody(
    string Code, string Severity, long? Release, string? Digest, string Source, string Message, string? Sentence, string? Hint, string At, long RunningMs, long Bytes);

/// <param name="Version">Of the package that is installed.</param>
/// <param name="OnTrial">It may still be taken back.</param>
/// <param name="TakenBack">Versions that were, and are not tried again.</param>
internal sealed record ProgramBody(string? Version, bool OnTrial, string[] TakenBack);

/// <param name="Enrolled">The signed channel is the only way a model gets in.</param>
/// <param name="HighestRelease">What the channel has reached here: nothing older is taken.</param>
/// <param name="SignedTime">The latest time a trusted signature vouched for.</param>
/// <param name="Refused">The release that failed here and is not tried again by itself.</param>
/// <param name="Program">Absent where programs do not come with releases.</param>
internal sealed record UpdatesBody(
    bool Enrolled, string? Channel, string? DeviceClass, string? Registry, int? Threshold, string[]? TrustedKeys, bool Held,
    SetBody? Active, SetBody? Previous, SetBody? Pending, SetBody? Refused, ProbationBody? Probation,
    long HighestRelease, string? SignedTime, UpdateActivityBody? Activity, UpdateEventBody? Last, UpdateEventBody[] History, ProgramBody? Program);

/// <summary>The part of updates in <c>/edge/v1/status</c>.</summary>
internal sealed record UpdatesStatusBody(long? Release, bool Held, bool InProbation, string? LastCode, string? Doing);

/// <param name="Installed">False: the device had it already.</param>
/// <param name="NewProgram">The program that is being installed: the service starts anew, and takes the release's models when it has proved itself.</param>
internal sealed record OfferBody(bool Installed, long Release, long Bytes, string? NewProgram = null);

/// <param name="Path">Folder of an image layout on this machine.</param>
internal sealed record InstallBody(string Path);
