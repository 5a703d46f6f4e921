using System.CommandLine;

namespace EdgeServe.Cli.Outbox;

/// <summary><c>edgeserve outbox</c>: head office's side of telemetry that came on a stick.</summary>
internal static class OutboxVerb
{
    public static Command Create() => new("outbox", "Read, deliver and acknowledge telemetry that came on a stick.")
    {
        OutboxOpenVerb.Create(),
        OutboxImportVerb.Create(),
        OutboxAcknowledgeVerb.Create(),
    };
}
