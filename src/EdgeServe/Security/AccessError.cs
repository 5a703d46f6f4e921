namespace EdgeServe.Security;

/// <summary>Why a request may not be: a closed set.</summary>
internal enum AccessError
{
    /// <summary>It may.</summary>
    None,

    /// <summary>It has no key, and the way it came needs one.</summary>
    KeyMissing,

    /// <summary>What it sends is not written like a key of this box.</summary>
    KeyMalformed,

    /// <summary>Nobody has this key.</summary>
    KeyUnknown,

    /// <summary>Its time is over.</summary>
    KeyExpired,

    /// <summary>It was taken back.</summary>
    KeyRevoked,

    /// <summary>The keys are damaged: none works.</summary>
    KeysDamaged,

    /// <summary>The key may do less.</summary>
    ScopeMissing,

    /// <summary>The key may not use this model.</summary>
    ModelNotAllowed,

    /// <summary>Too many in too short a time.</summary>
    TooManyRequests,
}
