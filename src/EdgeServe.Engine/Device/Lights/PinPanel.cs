using System.Device.Gpio;

namespace EdgeServe.Engine.Device.Lights;

/// <summary>Lights and a button on pins. A pin that fails later is left out and named; the others go on.</summary>
internal sealed class PinPanel : IPanel
{
    private readonly Dictionary<LightColours, PanelPin> _lights;
    private readonly PanelPin? _button;
    private readonly HashSet<GpioController> _controllers;
    private volatile string[] _troubles;
    private LightColours _shown;

    /// <param name="lights">One a colour, dark.</param>
    /// <param name="button">Null: none.</param>
    /// <param name="by">Through what, for people.</param>
    /// <param name="troubles">What could not be opened.</param>
    public PinPanel(IReadOnlyDictionary<LightColours, PanelPin> lights, PanelPin? button, string by, IReadOnlyList<string> troubles)
    {
        _lights = new(lights);
        _button = button;
        _controllers = [.. lights.Values.Select(p => p.Controller)];
        _troubles = [.. troubles];
        By = by;
        if (button is null)
            return;
        _controllers.Add(button.Controller);
        button.Controller.RegisterCallbackForPinValueChangedEvent(button.Line, PinEventTypes.Rising | PinEventTypes.Falling, Moved);
    }

    public event Action? ButtonMoved;

    public LightColours Lights => _lights.Keys.Aggregate(LightColours.None, (all, one) => all | one);

    public bool HasButton => _button is not null;

    public string By { get; }

    public IReadOnlyList<string> Troubles => _troubles;

    public bool IsPressed
    {
        get
        {
            try
            {
                return _button?.Read() == true;
            }
            catch (IOException e)
            {
                Blame($"the button: {e.Message}");
                return false;
            }
        }
    }

    public void Show(LightColours colours)
    {
        foreach (var (colour, pin) in _lights.ToArray())
        {
            bool on = colours.HasFlag(colour);
            if (on == _shown.HasFlag(colour))
                continue;
            try
            {
                pin.Write(on);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Blame($"the {colour.ToString().ToLowerInvariant()} light: {e.Message}");
                _lights.Remove(colour);
            }
        }

        _shown = colours;
    }

    public void Dispose()
    {
        Show(LightColours.None);
        // Closes the pins too, and gives a board's LED back.
        foreach (var controller in _controllers)
            controller.Dispose();
    }

    private void Blame(string trouble)
    {
        lock (_controllers)
            _troubles = _troubles.Contains(trouble) ? _troubles : [.. _troubles, trouble];
    }

    private void Moved(object sender, PinValueChangedEventArgs change) => ButtonMoved?.Invoke();
}
