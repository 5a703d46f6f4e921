namespace EdgeServe.Engine.Sync;

/// <summary>How the box stands with its collector.</summary>
internal enum ConnectivityState
{
    /// <summary>It cannot be reached, or nobody has tried yet.</summary>
    Offline,

    /// <summary>Something in between answers in its place.</summary>
    Portal,

    /// <summary>The collector itself answers.</summary>
    Online,

    /// <summary>Nothing is sent until somebody acts: an operator said so, or the collector turns this box away.</summary>
    Held,
}
