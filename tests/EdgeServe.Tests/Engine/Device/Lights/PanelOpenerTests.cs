using System.Device.Gpio;
using EdgeServe.Engine.Device.Lights;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Device.Lights;

public sealed class PanelOpenerTests : IDisposable
{
    private readonly string _led = Directory.CreateTempSubdirectory("edgeserve-led-").FullName;
    private readonly FakeGpioDriver _chip = new(new FakeTimeProvider());

    public void Dispose() => Directory.Delete(_led, recursive: true);

    [Fact]
    public void Nothing_wired_and_no_led_is_no_panel_and_no_trouble()
    {
        using var panel = Open(new LightOptions(), [Path.Combine(_led, "ACT")]);
        Assert.IsType<NoPanel>(panel);
        Assert.Empty(panel.Troubles);
    }

    [Fact]
    public void A_chip_that_is_not_there_is_named_and_nothing_is_thrown()
    {
        using var panel = new PanelOpener(new LightOptions { Chip = 213, GreenLine = 1, ButtonLine = 2 }, number => new KernelGpioDriver(number), []).Open();
        Assert.IsType<NoPanel>(panel);
        Assert.Equal(["the green light: /dev/gpiochip213 is not there", "the button: /dev/gpiochip213 is not there"], panel.Troubles);
    }

    [Fact]
    public void A_busy_line_is_named_and_the_others_light_up()
    {
        _chip.Busy.Add(27);
        using var panel = Open(new LightOptions { GreenLine = 17, AmberLine = 27, RedLine = 22 });
        Assert.Equal(LightColours.Green | LightColours.Red, panel.Lights);
        Assert.Equal("the amber light: line 27 is in use", Assert.Single(panel.Troubles));
        // What amber says, red says by its rhythm.
        new LightShow(panel, new FakeTimeProvider()).Step(LightState.Degraded);
        Assert.Equal((22, true), (_chip.Writes[^1].Line, _chip.Writes[^1].High));
    }

    [Fact]
    public void A_line_that_fails_later_is_left_out_and_the_others_go_on()
    {
        using var panel = Open(new LightOptions { GreenLine = 17, AmberLine = 27 });
        _chip.Busy.Add(17);
        panel.Show(LightColours.Green);
        Assert.Equal("the green light: line 17 is gone", Assert.Single(panel.Troubles));
        panel.Show(LightColours.Amber);
        Assert.Equal((27, true), (_chip.Writes[^1].Line, _chip.Writes[^1].High));
    }

    [Fact]
    public void A_button_is_read_the_way_it_is_wired_and_heard()
    {
        using var panel = Open(new LightOptions { ButtonLine = 4 });
        int moved = 0;
        panel.ButtonMoved += () => moved++;
        Assert.Equal(PinMode.InputPullUp, _chip.Modes[4]);
        Assert.False(panel.IsPressed);
        _chip.Drive(4, high: false);
        Assert.True(panel.IsPressed);
        Assert.Equal(1, moved);
    }

    [Fact]
    public void The_boards_led_stands_in_and_is_given_back_as_it_was()
    {
        Led("none rc-feedback [mmc0] timer heartbeat\n", "255");
        using (var panel = Open(new LightOptions(), [Path.Combine(_led, "gone"), _led]))
        {
            Assert.Equal((LightColours.Board, _led), (panel.Lights, panel.By));
            Assert.Equal(("none\n", "0\n"), (Text("trigger"), Text("brightness")));
            var show = new LightShow(panel, new FakeTimeProvider());
            show.Step(LightState.Refused);
            Assert.Equal("255\n", Text("brightness"));
        }

        Assert.Equal(("mmc0\n", "0\n"), (Text("trigger"), Text("brightness")));
    }

    [Fact]
    public void Pins_go_before_the_led_and_a_button_alone_leaves_it_in()
    {
        Led("[none] mmc0\n", "1");
        using (var panel = Open(new LightOptions { RedLine = 5 }, [_led]))
            Assert.Equal(("gpiochip0", "[none] mmc0\n"), (panel.By, Text("trigger")));
        using (var panel = Open(new LightOptions { ButtonLine = 5 }, [_led]))
            Assert.Equal((true, LightColours.Board), (panel.HasButton, panel.Lights));
        using (var panel = Open(new LightOptions { BoardLed = "" }, [_led]))
            Assert.IsType<NoPanel>(panel);
    }

    [Fact]
    public void A_named_led_that_is_not_there_is_a_trouble()
    {
        using var panel = Open(new LightOptions { BoardLed = Path.Combine(_led, "none") });
        Assert.Contains("none", Assert.Single(panel.Troubles), StringComparison.Ordinal);
    }

    private IPanel Open(LightOptions options, params string[] leds) => new PanelOpener(options, _ => _chip, leds).Open();

    private void Led(string trigger, string most)
    {
        File.WriteAllText(Path.Combine(_led, "trigger"), trigger);
        File.WriteAllText(Path.Combine(_led, "brightness"), "0\n");
        File.WriteAllText(Path.Combine(_led, "max_brightness"), most + "\n");
    }

    private string Text(string name) => File.ReadAllText(Path.Combine(_led, name));
}
