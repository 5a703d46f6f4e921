using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>One encrypted part of an export, and what is in it.</summary>
/// <param name="Blob">The encrypted bytes.</param>
/// <param name="Batches">How many.</param>
/// <param name="Items">Log records, metrics and spans in them.</param>
/// <param name="Least">The least important class in it.</param>
/// <param name="Numbers">Which batches.</param>
internal sealed record ExportPart(Descriptor Blob, int Batches, long Items, TelemetryClass Least, BatchNumbers Numbers);
