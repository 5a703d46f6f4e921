namespace EdgeServe.Engine.Sync;

/// <summary>
/// Everything that can become of one post to a collector: a closed set. Only the first two let a batch go; two more let a
/// single row go, and only when the same collector takes an empty request.
/// </summary>
internal enum ExportOutcome
{
    /// <summary>Proven: an answer of the protocol, or an empty 2xx over verified TLS.</summary>
    Acknowledged,

    /// <summary>Proven, but for rows that the collector will never take. Not sent again; the rejected are counted.</summary>
    PartiallyAccepted,

    /// <summary>400: something in it is refused for what it is. Bisected down to the row.</summary>
    Rejected,

    /// <summary>413: halved.</summary>
    TooLarge,

    /// <summary>401, 403, 407: held until somebody mends it, with an alarm; nothing is dropped.</summary>
    Unauthorized,

    /// <summary>404, 405 and whatever else no collector answers to its own signals: held like <see cref="Unauthorized"/>.</summary>
    WrongEndpoint,

    /// <summary>A refusal of everything: held like <see cref="Unauthorized"/>, since no collector throws all away.</summary>
    EverythingRefused,

    /// <summary>Something between here and the collector answered: a page, a redirect, 511, a success that proves nothing.</summary>
    CaptivePortal,

    /// <summary>429: later, as it says.</summary>
    Throttled,

    /// <summary>408 and 5xx: later, as it says.</summary>
    Unavailable,

    /// <summary>No connection.</summary>
    Unreachable,

    /// <summary>A connection, and a certificate that cannot be verified.</summary>
    Untrusted,

    /// <summary>It left, and the answer broke off or never came: perhaps it is there. Sent again; the receiver knows it by its number.</summary>
    Unproven,
}
