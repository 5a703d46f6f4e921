namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>What a stick carries the other way, from the box to head office. Whatever is on the stick, it throws nothing.</summary>
internal interface IStickCargo
{
    /// <summary>Would anything be put on a stick, or taken from it?</summary>
    bool IsWanted { get; }

    /// <summary>Is there nothing on a stick but such cargo, so that it is not to be looked at for updates?</summary>
    /// <param name="layout">Our folder on it.</param>
    bool IsNothingElse(string layout);

    /// <summary>Takes what came back and puts on it what waits.</summary>
    /// <param name="medium">The stick.</param>
    /// <param name="cancellation">It was pulled, or the service stops: ends where nothing is half done.</param>
    /// <returns>Null: there is nothing to say.</returns>
    Task<CargoReport?> ExchangeAsync(Medium medium, CancellationToken cancellation);
}
