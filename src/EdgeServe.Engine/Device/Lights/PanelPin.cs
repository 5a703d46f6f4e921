using System.Device.Gpio;

namespace EdgeServe.Engine.Device.Lights;

/// <summary>An open pin.</summary>
/// <param name="Controller">Whose it is.</param>
/// <param name="Line">Its number there.</param>
/// <param name="ActiveLow">On, or pressed, is low level.</param>
internal sealed record PanelPin(GpioController Controller, int Line, bool ActiveLow)
{
    public bool Read() => Controller.Read(Line) == PinValue.High != ActiveLow;

    public void Write(bool on) => Controller.Write(Line, on != ActiveLow ? PinValue.High : PinValue.Low);
}
