namespace EdgeServe.Engine.Device.Lights;

/// <summary>Which lights are on.</summary>
[Flags]
public enum LightColours
{
    None = 0,
    Green = 1,
    Amber = 2,
    Red = 4,
    All = Green | Amber | Red,

    /// <summary>The board's one light, which stands for every colour.</summary>
    Board = 8,
}
