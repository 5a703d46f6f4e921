namespace EdgeServe.Security.Pairing;

/// <summary>Everything pairing can be refused with: a closed set.</summary>
internal enum PairingError
{
    /// <summary>A body, a wish or an address that cannot be.</summary>
    InvalidPairing,

    /// <summary>What was typed is not written like a code. It counts as no try.</summary>
    CodeMalformed,

    /// <summary>No code that is open now. It counts against every open one of its length.</summary>
    CodeWrong,

    /// <summary>The right code, too late.</summary>
    CodeExpired,

    /// <summary>The right code, a second time.</summary>
    CodeUsed,

    /// <summary>The right code, after five wrong ones.</summary>
    CodeLocked,

    /// <summary>The right code, taken back.</summary>
    CodeCancelled,

    /// <summary>No such pairing.</summary>
    UnknownPairing,

    /// <summary>As many codes are open as there may be.</summary>
    TooManyPairings,

    /// <summary>The box does not serve the network, or has no page that says how to trust it.</summary>
    NotServed,

    /// <summary>The way it came is not encrypted.</summary>
    Unencrypted,
}
