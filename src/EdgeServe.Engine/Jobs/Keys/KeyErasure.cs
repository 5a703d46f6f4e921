namespace EdgeServe.Engine.Jobs.Keys;

/// <param name="Slot">Where.</param>
/// <param name="Name">What is expected there.</param>
internal readonly record struct KeyErasure(int Slot, KeyRef Name);
