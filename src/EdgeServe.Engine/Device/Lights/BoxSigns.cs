namespace EdgeServe.Engine.Device.Lights;

/// <summary>What is known of the box at one moment.</summary>
public readonly record struct BoxSigns
{
    /// <summary>It is told to end.</summary>
    public bool Stopping { get; init; }

    /// <summary>The button is held, and letting go now does something.</summary>
    public bool ButtonHeld { get; init; }

    /// <summary>The button's wish could not be met, a moment ago.</summary>
    public bool ButtonRefused { get; init; }

    /// <summary>A stick is needed: pulled now, it would have been in vain.</summary>
    public bool StickWorking { get; init; }

    /// <summary>A stick that is in was refused.</summary>
    public bool StickRefused { get; init; }

    /// <summary>A stick that is in is done with.</summary>
    public bool StickDone { get; init; }

    /// <summary>The card in the kit lets one more tablet in.</summary>
    public bool Pairing { get; init; }

    /// <summary>The models have been tried and requests are answered.</summary>
    public bool Ready { get; init; }

    /// <summary>A release is being fetched, tried or taken back.</summary>
    public bool Updating { get; init; }

    /// <summary><c>edgeserve status</c> says degraded.</summary>
    public bool Degraded { get; init; }

    /// <summary>Requests or jobs ran since the last look.</summary>
    public bool Busy { get; init; }

    /// <summary>
    /// The one thing to show. A person at the box comes first: the button in the hand, then the stick, as long as it is in;
    /// a stick that still works goes before one that is done with. Then what the box says of itself.
    /// </summary>
    public LightState State => this switch
    {
        { Stopping: true } => LightState.Off,
        { ButtonHeld: true } => LightState.LetGo,
        { ButtonRefused: true } => LightState.Refused,
        { StickWorking: true } => LightState.StickReading,
        { StickRefused: true } => LightState.Refused,
        { StickDone: true } => LightState.StickDone,
        { Pairing: true } => LightState.Pairing,
        { Ready: false } => LightState.Starting,
        { Updating: true } => LightState.Updating,
        { Degraded: true } => LightState.Degraded,
        { Busy: true } => LightState.Busy,
        _ => LightState.Ready,
    };
}
