using EdgeServe.Engine.Updates;

namespace EdgeServe.Tests.Engine.Updates;

public sealed class ProbationStateTests
{
    private static readonly ProbationState Serving = new(1000, 0, true, []) { Boot = "a" };

    [Fact]
    public void A_process_that_ends_in_the_same_boot_has_crashed() =>
        Assert.Equal((1, true, "a"), Of(Serving.AtStart("a")));

    [Fact]
    public void A_process_that_was_told_to_stop_has_not() =>
        Assert.Equal((0, true, "a"), Of((Serving with { Running = false }).AtStart("a")));

    [Fact]
    public void Power_cuts_do_not_count_however_many_when_it_had_served_for_a_while()
    {
        var state = Serving;
        for (int cut = 0; cut < 10; cut++)
            state = (state with { Settled = true, Reboots = 0 }).AtStart($"boot {cut}");
        Assert.Equal((0, true, "boot 9"), Of(state));
    }

    [Fact]
    public void A_machine_that_goes_down_right_after_the_start_counts_from_the_second_time_on()
    {
        var state = Serving;
        int[] crashes = new int[4];
        for (int boot = 0; boot < crashes.Length; boot++)
        {
            state = state.AtStart($"boot {boot}");
            crashes[boot] = state.Crashes;
        }

        Assert.Equal([0, 1, 2, 3], crashes);
    }

    [Fact]
    public void A_while_of_serving_ends_the_row_of_reboots_and_forgives_no_crash()
    {
        var state = Serving.AtStart("b").AtStart("c");
        Assert.Equal((1, 2), (state.Crashes, state.Reboots));
        state = (state with { Settled = true, Reboots = 0 }).AtStart("d");
        Assert.Equal((1, 0), (state.Crashes, state.Reboots));
        Assert.Equal((1, 1), (state.AtStart("e").Crashes, state.AtStart("e").Reboots));
    }

    [Theory]
    [InlineData("", "a")]
    [InlineData("a", "")]
    public void Where_the_boot_is_not_known_an_end_counts(string before, string now) =>
        Assert.Equal(1, (Serving with { Boot = before, Settled = true }).AtStart(now).Crashes);

    private static (int, bool, string) Of(ProbationState state) => (state.Crashes, state.Running, state.Boot);
}
