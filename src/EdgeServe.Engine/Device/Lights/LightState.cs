namespace EdgeServe.Engine.Device.Lights;

/// <summary>What the lights say: one thing at a time, the most urgent for whoever stands before the box. The order is the order of urgency.</summary>
public enum LightState
{
    /// <summary>Nothing serves.</summary>
    Off,

    /// <summary>The button was held long enough: letting go does it.</summary>
    LetGo,

    /// <summary>What the button asked for was not possible, or the stick was refused.</summary>
    Refused,

    /// <summary>A stick is being read or written: leave it in.</summary>
    StickReading,

    /// <summary>Done with the stick: pull it.</summary>
    StickDone,

    /// <summary>For a few minutes the card in the kit lets one more tablet in.</summary>
    Pairing,

    /// <summary>Not ready yet.</summary>
    Starting,

    /// <summary>New models are being fetched or tried; it serves meanwhile.</summary>
    Updating,

    /// <summary>It serves, and something needs a person.</summary>
    Degraded,

    /// <summary>It serves, and works at something.</summary>
    Busy,

    /// <summary>It serves.</summary>
    Ready,
}
