using System.Device.Gpio;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Device.Lights;

/// <summary>A chip that writes down when which line moved, for as long as a test's clock runs.</summary>
internal sealed class FakeGpioDriver(FakeTimeProvider time) : GpioDriver
{
    private readonly long _began = time.GetTimestamp();
    private readonly Dictionary<int, PinValue> _levels = [];
    private readonly Dictionary<int, PinMode> _modes = [];
    private PinChangeEventHandler? _moved;

    /// <summary>Every write of an output: milliseconds, line, level.</summary>
    public List<(int At, int Line, bool High)> Writes { get; } = [];

    /// <summary>Lines that somebody else has.</summary>
    public HashSet<int> Busy { get; } = [];

    public IReadOnlyDictionary<int, PinMode> Modes => _modes;

    public bool IsDisposed { get; private set; }

    protected override int PinCount => 32;

    /// <summary>Moves an input from outside.</summary>
    public void Drive(int line, bool high)
    {
        _levels[line] = high;
        _moved?.Invoke(this, new PinValueChangedEventArgs(high ? PinEventTypes.Rising : PinEventTypes.Falling, line));
    }

    /// <summary>A line as a string of tenths of seconds: # on, . off.</summary>
    public string Timeline(int line, int milliseconds)
    {
        var text = new StringBuilder();
        for (int at = 0; at < milliseconds; at += 100)
            text.Append(Writes.LastOrDefault(w => w.Line == line && w.At <= at).High ? '#' : '.');
        return text.ToString();
    }

    public override string ToString() => string.Join(' ', Writes.Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.At}:{w.Line}={w.High}")));

    protected override void OpenPin(int pinNumber)
    {
    }

    protected override void ClosePin(int pinNumber) => _modes.Remove(pinNumber);

    protected override void SetPinMode(int pinNumber, PinMode mode)
    {
        if (Busy.Contains(pinNumber))
            throw new IOException($"line {pinNumber} is in use");
        _modes[pinNumber] = mode;
        if (!_levels.ContainsKey(pinNumber))
            _levels[pinNumber] = mode == PinMode.InputPullUp;
    }

    protected override void SetPinMode(int pinNumber, PinMode mode, PinValue initialValue)
    {
        _levels[pinNumber] = initialValue;
        SetPinMode(pinNumber, mode);
    }

    protected override PinMode GetPinMode(int pinNumber) => _modes[pinNumber];

    protected override bool IsPinModeSupported(int pinNumber, PinMode mode) => true;

    protected override PinValue Read(int pinNumber) => _levels[pinNumber];

    protected override void Write(int pinNumber, PinValue value)
    {
        if (Busy.Contains(pinNumber))
            throw new IOException($"line {pinNumber} is gone");
        _levels[pinNumber] = value;
        Writes.Add(((int)time.GetElapsedTime(_began).TotalMilliseconds, pinNumber, value == PinValue.High));
    }

    protected override WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override void AddCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback) => _moved += callback;

    protected override void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback) => _moved -= callback;

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }
}
