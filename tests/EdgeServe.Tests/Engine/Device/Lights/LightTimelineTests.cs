using EdgeServe.Engine.Device.Lights;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Device.Lights;

/// <summary>What a person sees, as the lines of a fake chip move: a sign is a tenth of a second, # on, . off.</summary>
public sealed class LightTimelineTests
{
    private const int Green = 17, Amber = 27, Red = 22;
    private static readonly LightOptions Wired = new() { GreenLine = Green, AmberLine = Amber, RedLine = Red };
    private readonly FakeTimeProvider _time = new();
    private readonly FakeGpioDriver _chip;

    public LightTimelineTests() => _chip = new FakeGpioDriver(_time);

    [Theory]
    [InlineData(LightState.Ready, Green, "########################################")]
    [InlineData(LightState.Busy, Green, "#################...#################...")]
    [InlineData(LightState.StickDone, Green, "##..............##..............##......")]
    [InlineData(LightState.Updating, Amber, "##..##..............##..##..............")]
    [InlineData(LightState.Degraded, Amber, "##..##..##..............##..##..##......")]
    [InlineData(LightState.Refused, Red, "##..##..##..##..............##..##..##..")]
    [InlineData(LightState.Pairing, Green, "##..##..##..##..##..............##..##..")]
    [InlineData(LightState.Starting, Amber, "##########..........##########..........")]
    [InlineData(LightState.StickReading, Amber, "###..###..###..###..###..###..###..###..")]
    [InlineData(LightState.LetGo, Red, "#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.#.")]
    [InlineData(LightState.Off, Green, "........................................")]
    public void Each_state_has_its_rhythm_and_its_colour(LightState state, int line, string seen)
    {
        Run(Wired, [(state, 4000)]);
        Assert.Equal(seen, _chip.Timeline(line, 4000));
        foreach (int other in new[] { Green, Amber, Red }.Where(l => l != line && state != LightState.LetGo))
            Assert.DoesNotContain('#', _chip.Timeline(other, 4000));
    }

    [Fact]
    public void No_two_states_look_the_same_on_one_light()
    {
        var seen = Enum.GetValues<LightState>().Select(s =>
        {
            var time = new FakeTimeProvider();
            var chip = new FakeGpioDriver(time);
            Run(chip, time, new LightOptions { GreenLine = Green }, [(s, 6000)]);
            return chip.Timeline(Green, 6000);
        }).ToArray();
        Assert.Equal(seen.Distinct(), seen);
    }

    [Fact]
    public void A_day_of_a_box_is_seen_as_it_goes()
    {
        // Starting, ready, a stick is read, done, pulled; then something is wrong.
        Run(Wired, [(LightState.Starting, 2000), (LightState.Ready, 1000), (LightState.StickReading, 1000), (LightState.StickDone, 2000), (LightState.Ready, 500), (LightState.Degraded, 2500)]);
        Assert.Equal("....................##########.........." + "##..............##.." + "#####" + ".........................", _chip.Timeline(Green, 9000));
        Assert.Equal("##########....................###..###.." + "........................." + "##..##..##..............#", _chip.Timeline(Amber, 9000));
        Assert.DoesNotContain('#', _chip.Timeline(Red, 9000));
    }

    [Fact]
    public void A_steady_light_is_written_once_and_a_rhythm_only_where_it_changes()
    {
        Run(Wired, [(LightState.Ready, 60_000)]);
        Assert.Equal([(0, Green, true)], _chip.Writes);
        _chip.Writes.Clear();
        Run(Wired, [(LightState.Degraded, 24_000)]);
        // Ten rounds of three flashes, and the one that puts the last out at the end of the panel; no write in between.
        Assert.Equal(60, _chip.Writes.Count(w => w.Line == Amber));
        Assert.All(_chip.Writes.Where(w => w.Line == Amber).Chunk(2), pair => Assert.Equal((true, false), (pair[0].High, pair[1].High)));
    }

    [Fact]
    public void A_light_that_is_on_at_low_level_moves_the_other_way_round()
    {
        Run(new LightOptions { GreenLine = Green, LightsActiveLow = true }, [(LightState.StickDone, 1600)]);
        Assert.Equal("..##############", _chip.Timeline(Green, 1600));
    }

    private void Run(LightOptions options, (LightState State, int Milliseconds)[] states) => Run(_chip, _time, options, states);

    /// <summary>As the service does: a step, then asleep until the next one or until a second is over.</summary>
    private static void Run(FakeGpioDriver chip, FakeTimeProvider time, LightOptions options, (LightState State, int Milliseconds)[] states)
    {
        var panel = new PanelOpener(options, _ => chip, []).Open();
        Assert.Empty(panel.Troubles);
        var show = new LightShow(panel, time);
        foreach (var (state, milliseconds) in states)
        {
            var left = TimeSpan.FromMilliseconds(milliseconds);
            while (left > TimeSpan.Zero)
            {
                var sleep = new[] { show.Step(state), TimeSpan.FromSeconds(1), left }.Min();
                Assert.True(sleep > TimeSpan.Zero);
                time.Advance(sleep);
                left -= sleep;
            }
        }
    }
}
