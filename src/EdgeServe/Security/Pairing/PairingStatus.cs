using EdgeServe.Security.Keys;

namespace EdgeServe.Security.Pairing;

/// <summary>How far a pairing is.</summary>
/// <param name="State">Of its code.</param>
/// <param name="Tries">Wrong codes that came while it was open.</param>
/// <param name="Key">What the tablet got; null unless paired.</param>
internal sealed record PairingStatus(PairingState State, int Tries, StoredKey? Key)
{
    public static PairingStatus New { get; } = new(PairingState.Open, 0, null);
}
