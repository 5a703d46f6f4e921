namespace EdgeServe.Engine.Sync;

/// <summary>Why the box stands with its collector as it does, and why something waits: a closed set.</summary>
internal enum SyncReason
{
    /// <summary>No collector is configured: nothing is ever sent.</summary>
    NotConfigured,

    /// <summary>Nobody has tried since the service began.</summary>
    NotTried,

    /// <summary>It acknowledged.</summary>
    Accepted,

    /// <summary>It answers, and is busy or in trouble.</summary>
    Busy,

    /// <summary>No connection.</summary>
    Unreachable,

    /// <summary>Its certificate cannot be verified.</summary>
    Untrusted,

    /// <summary>Connections break off before they prove anything.</summary>
    BreaksOff,

    /// <summary>A captive portal.</summary>
    CaptivePortal,

    /// <summary>It does not know this box, or its token.</summary>
    Unauthorized,

    /// <summary>What answers at this address is no collector, or none for this signal.</summary>
    WrongEndpoint,

    /// <summary>It refuses everything.</summary>
    EverythingRefused,

    /// <summary>The settings for reaching it cannot be used.</summary>
    BadSettings,

    /// <summary>An operator holds it.</summary>
    Operator,

    /// <summary>The quiet hours of the day.</summary>
    QuietHours,

    /// <summary>The bytes of the day are spent.</summary>
    BudgetSpent,

    /// <summary>The outbox cannot be read or written.</summary>
    StorageTrouble,
}
