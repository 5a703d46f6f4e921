namespace EdgeServe.Security.Pairing;

/// <summary>What became of a code. Only an open one lets anybody in.</summary>
internal enum PairingState
{
    Open,

    /// <summary>It was used; another tablet needs another code.</summary>
    Paired,

    /// <summary>Its five minutes are over.</summary>
    Expired,

    /// <summary>Five wrong codes came while it was open.</summary>
    Locked,

    /// <summary>Taken back, or replaced.</summary>
    Cancelled,
}
