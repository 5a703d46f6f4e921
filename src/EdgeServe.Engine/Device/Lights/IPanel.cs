namespace EdgeServe.Engine.Device.Lights;

/// <summary>What a person at the box sees and presses: pins (<see cref="PinPanel"/>), or nothing (<see cref="NoPanel"/>).</summary>
internal interface IPanel : IDisposable
{
    /// <summary>The lights there are.</summary>
    LightColours Lights { get; }

    bool HasButton { get; }

    /// <summary>Through what, for people; empty: nothing is wired.</summary>
    string By { get; }

    /// <summary>What is wired by the settings and does not work, each with its reason.</summary>
    IReadOnlyList<string> Troubles { get; }

    /// <summary>Is the button pressed now? Not debounced.</summary>
    bool IsPressed { get; }

    /// <summary>The button may have moved. Raised on a thread of its own.</summary>
    event Action? ButtonMoved;

    /// <summary>Switches exactly these on. Writes nothing that is so already.</summary>
    void Show(LightColours colours);
}
