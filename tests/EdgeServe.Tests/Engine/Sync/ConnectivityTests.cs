using EdgeServe.Engine.Sync;

namespace EdgeServe.Tests.Engine.Sync;

public sealed class ConnectivityTests
{
    /// <summary>Every outcome has its row.</summary>
    public static TheoryData<string, string?, string?> Table { get; } = new()
    {
        { "Acknowledged", "Online", "Accepted" },
        { "PartiallyAccepted", "Online", "Accepted" },
        { "Rejected", null, null },
        { "TooLarge", null, null },
        { "Unauthorized", "Held", "Unauthorized" },
        { "WrongEndpoint", "Held", "WrongEndpoint" },
        { "EverythingRefused", "Held", "EverythingRefused" },
        { "CaptivePortal", "Portal", "CaptivePortal" },
        { "Throttled", "Online", "Busy" },
        { "Unavailable", "Online", "Busy" },
        { "Unreachable", "Offline", "Unreachable" },
        { "Untrusted", "Offline", "Untrusted" },
        { "Unproven", "Offline", "BreaksOff" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void From_every_state_an_outcome_leads_to_one(string outcome, string? state, string? reason)
    {
        var all = Enum.GetValues<ExportOutcome>();
        Assert.Equal(all.Length, Table.Count);
        foreach (var before in all)
        {
            var connectivity = new Connectivity(held: false);
            connectivity.Apply(new ExportAnswer(before, "before"));
            var from = connectivity.Current;
            var moves = new List<Standing>();
            connectivity.Changed += moves.Add;
            connectivity.Apply(new ExportAnswer(Enum.Parse<ExportOutcome>(outcome), "after"));
            var now = connectivity.Current;
            Assert.Equal((state ?? from.State.ToString(), reason ?? from.Reason.ToString()), (now.State.ToString(), now.Reason.ToString()));
            Assert.Equal((from.State, from.Reason) != (now.State, now.Reason), moves.Count == 1);
        }
    }

    [Fact]
    public void An_operators_hold_stands_above_every_answer_until_it_is_let_go()
    {
        var connectivity = new Connectivity(held: false);
        var moves = new List<SyncReason>();
        connectivity.Changed += s => moves.Add(s.Reason);
        connectivity.Apply(new ExportAnswer(ExportOutcome.Acknowledged, ""));
        connectivity.Hold(true);
        foreach (var outcome in Enum.GetValues<ExportOutcome>())
        {
            connectivity.Apply(new ExportAnswer(outcome, ""));
            Assert.Equal((ConnectivityState.Held, SyncReason.Operator), (connectivity.Current.State, connectivity.Current.Reason));
        }

        connectivity.Hold(false);
        Assert.Equal((ConnectivityState.Offline, SyncReason.NotTried), (connectivity.Current.State, connectivity.Current.Reason));
        Assert.Equal([SyncReason.Accepted, SyncReason.Operator, SyncReason.NotTried], moves);
    }

    [Fact]
    public void A_hold_of_an_earlier_run_holds() => Assert.Equal(SyncReason.Operator, new Connectivity(held: true).Current.Reason);

    [Fact]
    public void What_waits_for_a_person_says_what_to_do()
    {
        foreach (var reason in Enum.GetValues<SyncReason>())
        {
            if (new Standing(ConnectivityState.Held, reason, "").NeedsPerson)
                Assert.NotNull(SyncTexts.Hint(reason));
        }
    }
}
