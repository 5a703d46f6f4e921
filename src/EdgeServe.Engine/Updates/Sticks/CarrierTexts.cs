using System.Globalization;
using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>Every sentence the carrier of a stick may read: no term of ours in it, and always a next step.</summary>
internal static class CarrierTexts
{
    private const string Works = "The box works as before.";
    private const string Pull = "You can pull the stick out.";
    private const string TellOffice = "Pull the stick out and tell head office. " + Works;
    private const string NewStick = "Ask head office for a new stick. " + Works;

    public static CarrierText Waiting { get; } = new(CarrierTone.Working, "Please wait", "The stick is next.", "Leave the stick in.");

    public static CarrierText Reading { get; } = new(CarrierTone.Working, "Please wait", "The box is looking at the stick.", "Leave the stick in.");

    public static CarrierText Copying { get; } = new(CarrierTone.Working, "Please wait", "The box is copying the update.", "Leave the stick in.");

    public static CarrierText Trying { get; } = new(CarrierTone.Working, "Copied", "Everything is copied. The box is trying the new models.", "Leave the stick in if you want the report on it. Pulling it out now harms nothing.");

    public static CarrierText Carrying { get; } = new(CarrierTone.Working, "Please wait", "The box is writing its notes for head office.", "Leave the stick in.");

    public static CarrierText Reporting { get; } = new(CarrierTone.Working, "Please wait", "The box is writing its report.", "Leave the stick in for a moment.");

    public static CarrierText Foreign { get; } = new(CarrierTone.Good, "Nothing to do", "There is nothing for this box on the stick.", Pull);

    public static CarrierText Enrolled(string channel) =>
        new(CarrierTone.Good, "Set up", $"This box follows {channel}.", Pull);

    /// <summary>In the place of the next step when there is a card on the stick.</summary>
    public const string OpenCard = "Pull the stick out, open pairing.html on it and print that page: it connects the first tablet.";

    public static CarrierText Installed(long release) =>
        new(CarrierTone.Good, "Updated", string.Create(CultureInfo.InvariantCulture, $"The box now works with release {release}."), Pull);

    public static CarrierText Current(long release) =>
        new(CarrierTone.Good, "Up to date", string.Create(CultureInfo.InvariantCulture, $"The box has release {release} already."), Pull);

    /// <summary>The box goes away for a moment and comes back with another program.</summary>
    public static CarrierText NewProgram(string version) =>
        new(CarrierTone.Attention, "New program", $"The box is putting in its new program {version}. It starts anew and tries it for some minutes.", "Put the stick in again, or leave it in, for five minutes. Then look at this page again.");

    /// <summary>What is said of the release's program beside what is said of its models.</summary>
    public static CarrierText WithProgram(CarrierText text, string? version, BundleError? error) => version is null && error is null ? text : text with
    {
        Tone = error is null ? text.Tone : CarrierTone.Attention,
        Sentence = $"{text.Sentence} {ProgramSentence(version, error)}",
        Next = error is null ? text.Next : TellOffice,
    };

    private static string ProgramSentence(string? version, BundleError? error) => error switch
    {
        null => $"Its program is {version}.",
        BundleError.ProgramFailed => "The new program was tried on this box and did not work. The box went back to its program from before.",
        _ => "The box could not be given its new program.",
    };

    /// <summary>Somebody asked for the stick back before it was done with.</summary>
    public static CarrierText LetGo { get; } = new(CarrierTone.Good, "Stopped", "The box stopped because the stick was asked back.", Pull + " Put it in again: the box goes on where it stopped.");

    /// <summary>A fault of the program.</summary>
    public static CarrierText Broken { get; } = new(CarrierTone.Refused, "Did not work", "The box could not take the update.", TellOffice);

    /// <summary>The one table from refusals to sentences.</summary>
    public static CarrierText Of(BundleError error) => error switch
    {
        BundleError.OlderRelease => new(CarrierTone.Good, "Already newer", "The box has a newer release than the stick. There is nothing to do.", Pull),
        BundleError.SourceUnavailable => new(CarrierTone.Attention, "Not finished", "The stick could not be read to the end.", "Put the stick in again: the box goes on where it stopped."),
        BundleError.NotFound => new(CarrierTone.Attention, "Nothing for this box", "The stick carries updates, but not those that this box follows.", TellOffice),
        BundleError.Incomplete => new(CarrierTone.Attention, "Something is missing", "A part of the update is not on the stick.", NewStick),
        BundleError.WrittenWithoutAll => new(CarrierTone.Attention, "Something is missing", "The stick was written without --all, so most of the update is not on it.", NewStick),
        BundleError.Ambiguous => new(CarrierTone.Attention, "Two updates on one stick", "The box cannot tell which of the updates on the stick is meant.", NewStick),
        BundleError.Malformed or BundleError.TooLarge => new(CarrierTone.Refused, "Not readable", "What is on the stick is not a proper update.", NewStick),
        BundleError.SizeMismatch or BundleError.DigestMismatch => new(CarrierTone.Refused, "Damaged", "A part of the update is damaged on this stick.", NewStick),
        BundleError.UnsafeFile or BundleError.ForbiddenContent => new(CarrierTone.Refused, "Not allowed", "The stick carries things that do not belong into an update.", TellOffice),
        BundleError.NotAChannel or BundleError.Unsigned or BundleError.ThresholdNotMet
            => new(CarrierTone.Refused, "Not from head office", "The box cannot be sure that this update comes from head office.", TellOffice),
        BundleError.WrongChannel => new(CarrierTone.Refused, "For other boxes", "This update is meant for other boxes.", TellOffice),
        BundleError.WrongDeviceClass => new(CarrierTone.Refused, "For other boxes", "This update is meant for another kind of box.", TellOffice),
        BundleError.Equivocation or BundleError.ReleaseJump or BundleError.TimeJump
            => new(CarrierTone.Refused, "Does not fit", "This update contradicts what the box knows.", TellOffice),
        BundleError.Expired => new(CarrierTone.Refused, "Too old", "This update was meant to be used earlier.", NewStick),
        BundleError.ProgramTooOld => new(CarrierTone.Attention, "Box too old", "This update needs a newer program on the box.", TellOffice),
        BundleError.ProgramFailed => new(CarrierTone.Attention, "Program taken back", ProgramSentence(null, error), TellOffice),
        BundleError.ProgramRefused => new(CarrierTone.Attention, "Program not taken", ProgramSentence(null, error), TellOffice),
        BundleError.OlderProgram => new(CarrierTone.Good, "Already newer", "The box has a newer program than the stick. There is nothing to do.", Pull),
        BundleError.LoadFailed or BundleError.GoldenFailed => new(CarrierTone.Refused, "Does not work here", "The new models were tried on this box and did not work.", TellOffice),
        BundleError.TooSlow => new(CarrierTone.Refused, "Too slow here", "The new models were tried on this box and were too slow.", TellOffice),
        BundleError.OutOfMemory => new(CarrierTone.Refused, "Too large", "The new models need more memory than this box has.", TellOffice),
        BundleError.DiskFull => new(CarrierTone.Attention, "Box is full", "There is no room on the box for the update.", TellOffice),
        BundleError.ProbationFailed or BundleError.KnownBad => new(CarrierTone.Refused, "Did not work here", "This update was tried on this box before and was taken back.", TellOffice),
        BundleError.Held => new(CarrierTone.Attention, "Updates are paused", "Somebody told this box to take no updates for now.", TellOffice),
        BundleError.NotEnrolled => new(CarrierTone.Attention, "Not set up", "This box does not know yet whose updates it may take.", TellOffice),
        BundleError.AlreadyEnrolled => new(CarrierTone.Attention, "Set up differently", "This box belongs to somebody already.", TellOffice),
        BundleError.StorageBroken => new(CarrierTone.Attention, "Box cannot store", "The box could not write to its own disk.", TellOffice),
        BundleError.CaptivePortal or BundleError.Unauthorized or BundleError.BudgetSpent
            => new(CarrierTone.Attention, "Not finished", "The update could not be fetched.", "Try again later. " + Works),
        _ => Broken,
    };

    /// <summary>An enrolment file that is no good.</summary>
    public static CarrierText EnrolmentRefused { get; } =
        new(CarrierTone.Refused, "Set-up file not readable", "The file that tells the box whose updates to take is not right.", NewStick);
}
