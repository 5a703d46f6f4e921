using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Updates;

/// <summary>A release that was tried on this device and failed: it is not tried again by itself.</summary>
/// <param name="Set">Which.</param>
/// <param name="Error">How it failed.</param>
/// <param name="Message">In words.</param>
/// <param name="Tries">How often.</param>
public sealed record RefusedSet(SetReference Set, BundleError Error, string Message, int Tries);
