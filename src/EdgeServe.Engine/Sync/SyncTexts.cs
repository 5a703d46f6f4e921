namespace EdgeServe.Engine.Sync;

/// <summary>What to do about it, for a person.</summary>
internal static class SyncTexts
{
    /// <returns>Null: nothing need be done.</returns>
    public static string? Hint(SyncReason reason) => reason switch
    {
        SyncReason.NotConfigured => "Set Sync:Endpoint, enrol with a telemetry_endpoint, or carry telemetry out by stick.",
        SyncReason.Unreachable => "It is tried again when the network changes, and every few minutes.",
        SyncReason.Untrusted => "Is this box's clock right? Name the collector's own roots with Sync:CaFile; a portal may be in between.",
        SyncReason.BreaksOff => "It is tried again; the link may be too weak, or the collector too slow.",
        SyncReason.CaptivePortal => "Open a browser on this network and sign in.",
        SyncReason.Unauthorized => "Look at the token in the file of Sync:HeadersFile; it is read anew at every try.",
        SyncReason.WrongEndpoint => "Look at Sync:Endpoint: the collector's OTLP/HTTP address without /v1/logs, often on port 4318.",
        SyncReason.EverythingRefused => "Ask whoever runs the collector why it refuses; its log knows.",
        SyncReason.BadSettings => "Look at the files of Sync:HeadersFile and Sync:CaFile.",
        SyncReason.Operator => "edgeserve sync resume.",
        SyncReason.QuietHours => "It goes on after Sync:QuietHours, or now: edgeserve sync now.",
        SyncReason.BudgetSpent => "It goes on when the day of running time is over; Sync:DailyByteBudget says how much a day may cost.",
        SyncReason.StorageTrouble => "edgeserve doctor looks at the disk.",
        _ => null,
    };
}
