namespace EdgeServe.Engine.Models;

/// <summary>States of the repository index.</summary>
public enum VersionState
{
    /// <summary>Found in the repository, never loaded.</summary>
    Unknown,
    Loading,
    Ready,
    Unloading,
    Unavailable,
}
