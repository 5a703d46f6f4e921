using System.Device.Gpio;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeServe.Engine.Device.Lights;

/// <summary>
/// Pins by the kernel's character device (<c>/dev/gpiochipN</c>, uAPI 2, Linux 5.10 and newer). The package's own drivers ask
/// for libgpiod, which a base system lacks and which comes in two incompatible versions; this asks for nothing but the kernel.
/// </summary>
internal sealed partial class KernelGpioDriver(int chip) : GpioDriver
{
    private const nuint RequestLine = 0xC250B407, GetValues = 0xC010B40E, SetValues = 0xC010B40F;
    private const int NoEntry = 2, Access = 13, Busy = 16, Invalid = 22, NotPermitted = 1;
    private readonly Dictionary<int, (SafeFileHandle File, PinMode Mode, LineEvents? Events)> _lines = [];
    private readonly string _path = $"/dev/gpiochip{chip}";

    protected override int PinCount => LightOptions.MostLines + 1;

    /// <summary>The kernel gives a line out together with its mode.</summary>
    protected override void OpenPin(int pinNumber)
    {
    }

    protected override void ClosePin(int pinNumber)
    {
        if (!_lines.Remove(pinNumber, out var line))
            return;
        line.Events?.Dispose();
        line.File.Dispose();
    }

    protected override void SetPinMode(int pinNumber, PinMode mode) => SetPinMode(pinNumber, mode, PinValue.Low);

    protected override void SetPinMode(int pinNumber, PinMode mode, PinValue initialValue)
    {
        ClosePin(pinNumber);
        byte[] request = LineRequest.Of(pinNumber, Flags(mode), mode == PinMode.Output && initialValue == PinValue.High);
        SafeFileHandle device;
        try
        {
            device = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (FileNotFoundException)
        {
            throw new IOException($"{_path} is not there");
        }
        catch (UnauthorizedAccessException)
        {
            throw new IOException($"{_path} may not be opened: the service's user must be in the group gpio");
        }

        using (device)
        {
            if (Control(device, RequestLine, ref MemoryMarshal.GetArrayDataReference(request)) < 0)
                throw Refusal(pinNumber);
        }

        _lines[pinNumber] = (new SafeFileHandle(LineRequest.File(request), ownsHandle: true), mode, null);
    }

    protected override PinMode GetPinMode(int pinNumber) => _lines[pinNumber].Mode;

    protected override bool IsPinModeSupported(int pinNumber, PinMode mode) =>
        mode is PinMode.Input or PinMode.InputPullUp or PinMode.InputPullDown or PinMode.Output;

    protected override PinValue Read(int pinNumber) => Values(pinNumber, GetValues, 0) & 1;

    protected override void Write(int pinNumber, PinValue value) => Values(pinNumber, SetValues, value == PinValue.High ? 1 : 0);

    protected override WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Either edge calls back, one callback a pin: what the button needs.</summary>
    protected override void AddCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback)
    {
        var line = _lines[pinNumber];
        if (line.Events is not null)
            throw new NotSupportedException();
        _lines[pinNumber] = line with { Events = new LineEvents(line.File, rising => callback(this, new PinValueChangedEventArgs(rising ? PinEventTypes.Rising : PinEventTypes.Falling, pinNumber))) };
    }

    protected override void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback)
    {
        var line = _lines[pinNumber];
        line.Events?.Dispose();
        _lines[pinNumber] = line with { Events = null };
    }

    protected override void Dispose(bool disposing)
    {
        foreach (int line in _lines.Keys.ToArray())
            ClosePin(line);
        base.Dispose(disposing);
    }

    private static ulong Flags(PinMode mode) => mode switch
    {
        PinMode.Output => LineRequest.ActiveOutput,
        PinMode.InputPullUp => LineRequest.ActiveInput | LineRequest.BothEdges | LineRequest.PullUp,
        PinMode.InputPullDown => LineRequest.ActiveInput | LineRequest.BothEdges | LineRequest.PullDown,
        _ => LineRequest.ActiveInput | LineRequest.BothEdges,
    };

    private int Values(int pin, nuint what, int bit)
    {
        // struct gpio_v2_line_values: the bits, and which of them count.
        Span<ulong> values = [(ulong)bit, 1];
        if (Control(_lines[pin].File, what, ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(values))) < 0)
            throw Refusal(pin);
        return (int)(values[0] & 1);
    }

    private IOException Refusal(int pin) => Marshal.GetLastPInvokeError() switch
    {
        Busy => new IOException($"line {pin} of {_path} is in use by the kernel or another program"),
        Invalid => new IOException($"{_path} has no line {pin} that can be used so"),
        NoEntry => new IOException($"{_path} is gone"),
        Access or NotPermitted => new IOException($"line {pin} of {_path} may not be used"),
        int error => new IOException($"line {pin} of {_path}: {Marshal.GetPInvokeErrorMessage(error)}"),
    };

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, nuint what, ref byte argument);
}
