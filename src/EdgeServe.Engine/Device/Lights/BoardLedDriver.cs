using System.Device.Gpio;

namespace EdgeServe.Engine.Device.Lights;

/// <summary>
/// An LED that the kernel drives (<c>/sys/class/leds</c>), as one pin. What it showed before - the card's activity, on most
/// boards - is taken away while the pin is open and given back when it closes. After a <c>kill -9</c> that is the next boot's work.
/// </summary>
internal sealed class BoardLedDriver(string folder) : GpioDriver
{
    public const int Line = 0;

    /// <summary>What Raspberry Pi calls the green LED on the board, now and formerly.</summary>
    public static readonly IReadOnlyList<string> OfBoards = ["/sys/class/leds/ACT", "/sys/class/leds/led0"];

    private const string ByHand = "none";
    private readonly string _brightness = Path.Combine(folder, "brightness");
    private readonly string _trigger = Path.Combine(folder, "trigger");
    private string _full = "1";
    private string? _before;
    private bool _on;

    protected override int PinCount => 1;

    /// <summary>May this process drive it?</summary>
    public static bool IsWritable(string folder)
    {
        try
        {
            foreach (string name in new[] { "brightness", "trigger" })
                File.OpenHandle(Path.Combine(folder, name), FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    protected override void OpenPin(int pinNumber)
    {
    }

    protected override void ClosePin(int pinNumber) => GiveBack();

    protected override void SetPinMode(int pinNumber, PinMode mode)
    {
        string most = Path.Combine(folder, "max_brightness");
        if (File.Exists(most))
            _full = File.ReadAllText(most).Trim();
        // All there are in a line, the one in force in brackets.
        string before = File.ReadAllText(_trigger).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(t => t.StartsWith('['))?.Trim('[', ']') ?? ByHand;
        Put(_trigger, ByHand);
        _before = before;
        Put(_brightness, "0");
    }

    protected override PinMode GetPinMode(int pinNumber) => PinMode.Output;

    protected override bool IsPinModeSupported(int pinNumber, PinMode mode) => mode == PinMode.Output;

    protected override PinValue Read(int pinNumber) => _on;

    protected override void Write(int pinNumber, PinValue value)
    {
        _on = value == PinValue.High;
        Put(_brightness, _on ? _full : "0");
    }

    protected override WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override void AddCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback) => throw new NotSupportedException();

    protected override void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        GiveBack();
        base.Dispose(disposing);
    }

    private void GiveBack()
    {
        if (_before is not { } before)
            return;
        _before = null;
        try
        {
            Put(_trigger, before);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone, or no longer ours: nothing is left to be done about a light.
        }
    }

    private static void Put(string path, string value)
    {
        using var file = new FileStream(path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(System.Text.Encoding.ASCII.GetBytes(value + "\n"));
    }
}
