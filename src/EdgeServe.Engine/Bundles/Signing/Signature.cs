namespace EdgeServe.Engine.Bundles.Signing;

/// <summary>One signature as it was found: nothing is checked yet.</summary>
/// <param name="Payload">The signed bytes (<see cref="SimpleSigning"/>).</param>
/// <param name="Value">ASN.1 DER.</param>
public sealed record Signature(byte[] Payload, byte[] Value);
