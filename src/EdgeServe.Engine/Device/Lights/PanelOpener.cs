using System.Device.Gpio;

namespace EdgeServe.Engine.Device.Lights;

/// <summary>Opens what the settings say is wired. Never throws: what cannot be had is named, and the rest works.</summary>
/// <param name="options">The settings.</param>
/// <param name="chip">A driver for a chip, by its number.</param>
/// <param name="leds">The folders of the board's LEDs, in order of preference.</param>
internal sealed class PanelOpener(LightOptions options, Func<int, GpioDriver> chip, IReadOnlyList<string> leds)
{
    private readonly List<string> _troubles = [];
    private readonly Dictionary<LightColours, PanelPin> _lights = [];

    /// <summary>With the kernel's pins and LEDs.</summary>
    public static IPanel Open(LightOptions options) =>
        new PanelOpener(options, number => new KernelGpioDriver(number), BoardLedDriver.OfBoards).Open();

    public IPanel Open()
    {
        PanelPin? button = null;
        var by = new List<string>();
        if (options.Lights.Any() || options.ButtonLine != LightOptions.NotWired)
        {
            var controller = new GpioController(chip(options.Chip));
            foreach (var (colour, line) in options.Lights)
            {
                if (Pin(controller, line, PinMode.Output, options.LightsActiveLow, $"the {colour.ToString().ToLowerInvariant()} light") is { } light)
                    _lights[colour] = light;
            }

            var input = options.ButtonActiveHigh ? PinMode.InputPullDown : PinMode.InputPullUp;
            if (options.ButtonLine != LightOptions.NotWired)
                button = Pin(controller, options.ButtonLine, input, !options.ButtonActiveHigh, "the button");
            if (_lights.Count == 0 && button is null)
                controller.Dispose();
            else
                by.Add($"gpiochip{options.Chip}");
        }

        if (_lights.Count == 0 && BoardLed() is { } led)
            by.Add(led);
        return _lights.Count == 0 && button is null ? new NoPanel(_troubles) : Panel(button, string.Join(", ", by));
    }

    private IPanel Panel(PanelPin? button, string by)
    {
        try
        {
            return new PinPanel(_lights, button, by, _troubles);
        }
        catch (IOException e)
        {
            _troubles.Add($"the button: {e.Message}");
            return _lights.Count == 0 ? new NoPanel(_troubles) : new PinPanel(_lights, null, by, _troubles);
        }
    }

    private PanelPin? Pin(GpioController controller, int line, PinMode mode, bool activeLow, string what)
    {
        try
        {
            if (mode == PinMode.Output)
                controller.OpenPin(line, mode, activeLow ? PinValue.High : PinValue.Low);
            else
                controller.OpenPin(line, mode);
            return new PanelPin(controller, line, activeLow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or NotSupportedException)
        {
            // Also: two of the settings name the same line.
            _troubles.Add($"{what}: {e.Message}");
            return null;
        }
    }

    /// <summary>One light that stands for every colour. One that was only looked for and is not there, or not ours to write, is no trouble.</summary>
    private string? BoardLed()
    {
        bool named = options.BoardLed != LightOptions.AnyBoardLed;
        string[] folders = options.BoardLed.Length == 0 ? [] : named ? [options.BoardLed] : [.. leds.Where(BoardLedDriver.IsWritable)];
        foreach (string folder in folders)
        {
            var controller = new GpioController(new BoardLedDriver(folder));
            if (Pin(controller, BoardLedDriver.Line, PinMode.Output, false, $"the LED {folder}") is { } light)
            {
                _lights[LightColours.Board] = light;
                return folder;
            }

            controller.Dispose();
        }

        return null;
    }
}
