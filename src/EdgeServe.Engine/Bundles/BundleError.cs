namespace EdgeServe.Engine.Bundles;

/// <summary>
/// Every reason there is to refuse content or an update. Closed: a caller can name each. The code on the wire is the name
/// in snake_case.
/// </summary>
public enum BundleError
{
    /// <summary>The source cannot be reached or broke off; what was fetched is kept. Try again later.</summary>
    SourceUnavailable,

    /// <summary>A page of a captive portal answered, not the registry.</summary>
    CaptivePortal,

    /// <summary>The source asks for other credentials.</summary>
    Unauthorized,

    /// <summary>The source does not have what was asked for: no such channel, tag or layout.</summary>
    NotFound,

    /// <summary>Something the channel names is missing in the source: a partial set.</summary>
    Incomplete,

    /// <summary>The medium was written with <c>skopeo copy</c> without <c>--all</c>: a model stands where the channel should.</summary>
    WrittenWithoutAll,

    /// <summary>More than one entry claims to be the channel.</summary>
    Ambiguous,

    /// <summary>Not the JSON, grammar or structure the specification asks for.</summary>
    Malformed,

    /// <summary>More, longer or deeper than the limits allow.</summary>
    TooLarge,

    /// <summary>A link, a device, a pipe or a file on another disk where a plain file belongs.</summary>
    UnsafeFile,

    /// <summary>Fewer or more bytes than the descriptor says.</summary>
    SizeMismatch,

    /// <summary>Other bytes than the digest names.</summary>
    DigestMismatch,

    /// <summary>A bundle carries what no bundle may: unknown kinds of layers, <c>urls</c>, names that leave the folder.</summary>
    ForbiddenContent,

    /// <summary>The index does not say that it is a channel.</summary>
    NotAChannel,

    /// <summary>No signature at all.</summary>
    Unsigned,

    /// <summary>Fewer good signatures by distinct trusted keys than the threshold.</summary>
    ThresholdNotMet,

    /// <summary>Validly signed, for another channel.</summary>
    WrongChannel,

    /// <summary>Validly signed, for other devices.</summary>
    WrongDeviceClass,

    /// <summary>An older release than the device has.</summary>
    OlderRelease,

    /// <summary>The release the device has, with other content: two truths were signed.</summary>
    Equivocation,

    /// <summary>The release number rises by more than a million.</summary>
    ReleaseJump,

    /// <summary>The signed time rises by more than five years.</summary>
    TimeJump,

    /// <summary>Signed longer ago than it is valid for, by signed time.</summary>
    Expired,

    /// <summary>Asks for a newer EdgeServe.</summary>
    ProgramTooOld,

    /// <summary>The program it brings is not newer than the one that is installed.</summary>
    OlderProgram,

    /// <summary>The program was tried here and taken back; a newer one must replace it.</summary>
    ProgramFailed,

    /// <summary>Root's helper did not take the program: it says why, or it is not there.</summary>
    ProgramRefused,

    /// <summary>A model does not load on this device.</summary>
    LoadFailed,

    /// <summary>A golden sample answers differently on this device.</summary>
    GoldenFailed,

    /// <summary>Slower than the latency ceiling allows.</summary>
    TooSlow,

    /// <summary>More memory than this device gives models.</summary>
    OutOfMemory,

    /// <summary>No room on the disk.</summary>
    DiskFull,

    /// <summary>Rolled back: errors, latency or crashes in probation.</summary>
    ProbationFailed,

    /// <summary>This release was tried here before and rolled back; a new release must replace it.</summary>
    KnownBad,

    /// <summary>The operator holds updates.</summary>
    Held,

    /// <summary>The byte budget of the link is used up for now.</summary>
    BudgetSpent,

    /// <summary>No channel is configured or enrolled.</summary>
    NotEnrolled,

    /// <summary>The box follows a channel by other terms; only a person on the box may replace them.</summary>
    AlreadyEnrolled,

    /// <summary>The device's own disk cannot be read or written, for another reason than lack of room.</summary>
    StorageBroken,
}
