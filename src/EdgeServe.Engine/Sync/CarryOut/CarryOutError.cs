namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>Every reason why telemetry does not get onto a stick, off it, or believed. Closed; on the wire in snake_case.</summary>
internal enum CarryOutError
{
    /// <summary>The stick has less room, or may take less, than what waits; the most important is on it.</summary>
    StickFull,

    /// <summary>The stick cannot be written.</summary>
    StickReadOnly,

    /// <summary>The stick was pulled or stopped answering; what was named on it is whole, and the next visit goes on.</summary>
    StickPulled,

    /// <summary>Our folder on the stick is no image layout, or not one that is safe to write into.</summary>
    StickUnreadable,

    /// <summary>The outbox on the device cannot be read or written now.</summary>
    StorageTrouble,

    /// <summary>An acknowledgement that is not head office's, or for another device. Nothing is deleted.</summary>
    AcknowledgementRefused,

    /// <summary>There is no export.</summary>
    NotFound,

    /// <summary>Not the JSON or the archive that an export is.</summary>
    Malformed,

    /// <summary>A part has fewer or more bytes than was signed, or is not there.</summary>
    Truncated,

    /// <summary>A part has other bytes than were signed, or the list of parts is another.</summary>
    Tampered,

    /// <summary>The signature is not the device's.</summary>
    SignatureWrong,

    /// <summary>The device is known by another key.</summary>
    ForeignDevice,

    /// <summary>The device is not known, and only known ones were to be believed.</summary>
    UnknownDevice,

    /// <summary>Encrypted to another key.</summary>
    WrongKey,

    /// <summary>A key file that cannot be used.</summary>
    KeyUnusable,

    /// <summary>The collector did not prove to have it.</summary>
    NotProven,
}
