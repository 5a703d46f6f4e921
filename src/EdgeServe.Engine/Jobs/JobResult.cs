namespace EdgeServe.Engine.Jobs;

/// <summary>A stored answer, checked against its checksum.</summary>
/// <param name="Content">Positioned at its first byte; the caller disposes it.</param>
/// <param name="Bytes">Length.</param>
/// <param name="HeaderLength">Value of <c>Inference-Header-Content-Length</c>; -1: the answer is JSON.</param>
public sealed record JobResult(Stream Content, long Bytes, long HeaderLength);
