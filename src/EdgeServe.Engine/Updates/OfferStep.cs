namespace EdgeServe.Engine.Updates;

/// <summary>How far an offer has come, in the order of the flow.</summary>
public enum OfferStep
{
    /// <summary>Signatures, channel and release are looked at.</summary>
    Verifying,

    /// <summary>What the device lacks is copied into its store.</summary>
    Copying,

    /// <summary>Everything is on the device: the models are loaded and tried. The source may go away.</summary>
    Trying,

    /// <summary>The new set takes over.</summary>
    Activating,
}
