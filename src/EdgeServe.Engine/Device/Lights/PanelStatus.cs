namespace EdgeServe.Engine.Device.Lights;

/// <summary>What lights and button are doing, for whoever asks.</summary>
internal sealed class PanelStatus
{
    private volatile IPanel _panel = new NoPanel([]);
    private volatile string? _button;

    /// <summary>What is shown; meaningful where there are lights.</summary>
    public LightState Shown { get; set; }

    /// <summary>The panel that was opened.</summary>
    public IPanel Panel
    {
        get => _panel;
        set => _panel = value;
    }

    /// <summary>What is wrong with the button; null: nothing.</summary>
    public string? ButtonTrouble
    {
        get => _button;
        set => _button = value;
    }

    public IEnumerable<string> Troubles => ButtonTrouble is { } button ? [.. Panel.Troubles, button] : Panel.Troubles;
}
