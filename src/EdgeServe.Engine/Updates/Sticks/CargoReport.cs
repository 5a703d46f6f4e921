namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>What came of the cargo on a stick.</summary>
/// <param name="Text">For the one who carries it.</param>
/// <param name="Error">A member of the cargo's closed set of errors; null: all is well.</param>
internal sealed record CargoReport(CarrierText Text, Enum? Error);
