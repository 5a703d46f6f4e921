namespace EdgeServe.Engine.Device.Lights;

/// <summary>What is wired to the box. Lines are counted as the kernel does (<c>gpioinfo</c>): on a Raspberry Pi that is the BCM number.</summary>
public sealed record LightOptions
{
    public const int NotWired = -1;
    public const int MostLines = 1023;
    public const int MostChips = 255;

    /// <summary>In the place of a folder: the board's own LED, where there is one that may be written.</summary>
    public const string AnyBoardLed = "auto";

    /// <summary>N of <c>/dev/gpiochipN</c>.</summary>
    public int Chip { get; init; }

    public int GreenLine { get; init; } = NotWired;

    public int AmberLine { get; init; } = NotWired;

    public int RedLine { get; init; } = NotWired;

    /// <summary>Lights are on at low level.</summary>
    public bool LightsActiveLow { get; init; }

    public int ButtonLine { get; init; } = NotWired;

    /// <summary>Pressed is high level, with a pull-down; otherwise low, with a pull-up.</summary>
    public bool ButtonActiveHigh { get; init; }

    /// <summary>Folder of an LED of the kernel's, for a box without lights; <see cref="AnyBoardLed"/>; or empty: none.</summary>
    public string BoardLed { get; init; } = AnyBoardLed;

    public IEnumerable<(LightColours Colour, int Line)> Lights =>
        new (LightColours Colour, int Line)[] { (LightColours.Green, GreenLine), (LightColours.Amber, AmberLine), (LightColours.Red, RedLine) }.Where(l => l.Line != NotWired);
}
