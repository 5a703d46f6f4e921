namespace EdgeServe.Engine.Sync;

/// <summary>A state and why.</summary>
/// <param name="Detail">For people, one line; may be empty.</param>
internal sealed record Standing(ConnectivityState State, SyncReason Reason, string Detail)
{
    /// <summary>Does it stay so until a person does something?</summary>
    public bool NeedsPerson => State == ConnectivityState.Portal || Reason is SyncReason.Untrusted or SyncReason.BadSettings
        or SyncReason.Unauthorized or SyncReason.WrongEndpoint or SyncReason.EverythingRefused;
}
