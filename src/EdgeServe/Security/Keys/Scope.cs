namespace EdgeServe.Security.Keys;

/// <summary>What a caller may do. Each includes those before it.</summary>
internal enum Scope
{
    /// <summary>No key at all: is the box there?</summary>
    Anyone,

    /// <summary>Ask models, keep jobs.</summary>
    Infer,

    /// <summary>See how the box is; load and unload, update, sync.</summary>
    Operate,

    /// <summary>Give and take keys.</summary>
    Admin,
}
