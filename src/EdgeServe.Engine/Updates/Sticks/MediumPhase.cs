namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>Where a medium stands.</summary>
internal enum MediumPhase
{
    /// <summary>Found; another is being looked at first.</summary>
    Waiting,

    /// <summary>What it claims is being verified.</summary>
    Reading,

    /// <summary>Bytes are being copied.</summary>
    Copying,

    /// <summary>Everything is on the device, the new models are being tried. The stick may be pulled.</summary>
    Trying,

    /// <summary>Telemetry for head office is being written to it. Pulled now, it has a part of it.</summary>
    Carrying,

    /// <summary>The report is being written: the one moment when pulling may harm the stick, never the box.</summary>
    Reporting,

    /// <summary>Nothing more will happen.</summary>
    Done,

    /// <summary>Nothing more will happen, and the box took nothing.</summary>
    Refused,

    /// <summary>Not one of ours.</summary>
    Ignored,
}
