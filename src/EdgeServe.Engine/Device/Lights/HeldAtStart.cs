using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Device.Lights;

/// <summary>
/// Remembers that the button took the models back, until a start sees it up: a contact that sticks and comes loose by itself does so
/// once, not at every start.
/// </summary>
internal sealed class HeldAtStart(string directory)
{
    private readonly DoubledFile _file = new(Path.Combine(directory, "button"));

    /// <summary>May holding it do anything this time?</summary>
    /// <param name="isDown">Is it down at this start?</param>
    public bool MayAct(bool isDown)
    {
        bool acted = _file.Read() is [1];
        if (acted && !isDown)
            _file.Write([0]);
        return !acted;
    }

    /// <summary>Durable when it returns.</summary>
    public void Acted() => _file.Write([1]);
}
