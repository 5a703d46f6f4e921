namespace EdgeServe.Engine.Jobs;

/// <param name="Before">Null: it is new.</param>
/// <param name="After">Null: it is gone.</param>
public readonly record struct JobChange(Job? Before, Job? After);
