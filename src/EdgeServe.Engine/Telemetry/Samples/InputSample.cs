using EdgeServe.Engine.Models;
using EdgeServe.Engine.Telemetry.Outbox;

namespace EdgeServe.Engine.Telemetry.Samples;

/// <summary>A request on its way to the envelope. Exists in memory only.</summary>
/// <param name="Content">The request, <see cref="SampleRequest"/>; wiped once it is sealed.</param>
/// <param name="HeaderBytes">Of its JSON.</param>
/// <param name="Moment">When it was answered.</param>
internal sealed record InputSample(ServedModel Model, byte[] Content, int HeaderBytes, int Rows, OutboxMoment Moment);
