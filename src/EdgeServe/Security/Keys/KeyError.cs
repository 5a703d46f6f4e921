namespace EdgeServe.Security.Keys;

/// <summary>Everything a change of keys can be refused with: a closed set.</summary>
internal enum KeyError
{
    /// <summary>A name, a scope, a model or a number that cannot be.</summary>
    InvalidKey,

    /// <summary>No key of that id or name.</summary>
    UnknownKey,

    /// <summary>Another key in use has that name.</summary>
    NameTaken,

    /// <summary>The most keys there may be are there.</summary>
    TooManyKeys,

    /// <summary>Both copies of the keys are damaged: no key works until they are made anew.</summary>
    KeysDamaged,
}
