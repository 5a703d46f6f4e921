namespace EdgeServe.Engine.Device.Lights;

/// <summary>A box without lights and button, or one whose pins could not be had.</summary>
internal sealed class NoPanel(IReadOnlyList<string> troubles) : IPanel
{
    public LightColours Lights => LightColours.None;

    public bool HasButton => false;

    public string By => "";

    public IReadOnlyList<string> Troubles => troubles;

    public bool IsPressed => false;

    public event Action? ButtonMoved
    {
        add { }
        remove { }
    }

    public void Show(LightColours colours)
    {
    }

    public void Dispose()
    {
    }
}
