namespace EdgeServe.Engine.Device.Governor;

/// <param name="Level">What one reason asks for.</param>
/// <param name="Calm">Looks in a row at which less would have done.</param>
public readonly record struct GovernorRung(GovernorLevel Level, int Calm);
