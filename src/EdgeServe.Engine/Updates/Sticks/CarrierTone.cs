namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>What colour and symbol go with a text: never a colour alone.</summary>
internal enum CarrierTone
{
    /// <summary>Green: all is well, nothing to do.</summary>
    Good,

    /// <summary>Blue: wait.</summary>
    Working,

    /// <summary>Amber: try something.</summary>
    Attention,

    /// <summary>Red: the box took nothing; tell head office.</summary>
    Refused,
}
