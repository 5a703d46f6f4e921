using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Engine.Updates.Sticks;
using EdgeServe.Tests.Engine.Updates.Enrolment;

namespace EdgeServe.Tests.Engine.Updates.Sticks;

/// <summary>Which sticks take the way in for a first tablet along.</summary>
public sealed class FirstTabletCardTests
{
    private static readonly byte[] Terms = EnrolmentFile.Write(TestKeys.Terms());

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("DigestMismatch")]
    public async Task The_enrolling_stick_takes_it_whatever_becomes_of_its_release(string index)
    {
        var card = new Card();
        await using var bench = new WatchBench(enrolled: false, card: card);
        await bench.StartAsync();
        string stick = bench.Plug("stick", index, enrolment: Terms);
        var state = await bench.UntilAsync("stick", index == "DigestMismatch" ? MediumPhase.Refused : MediumPhase.Done);
        Assert.True(state.ReportWritten);
        Assert.Equal("the card", await File.ReadAllTextAsync(Path.Combine(stick, "edgeserve", "pairing.html"), TestContext.Current.CancellationToken));
        Assert.Equal(index != "DigestMismatch", state.Text.Next.Contains("pairing.html", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_other_stick_takes_it()
    {
        var card = new Card();
        await using var bench = new WatchBench(card: card);
        await bench.StartAsync();
        bench.Plug("plain", "7");
        await bench.UntilAsync("plain", MediumPhase.Done);
        bench.Plug("foreign", "7", enrolment: EnrolmentFile.Write(TestKeys.Terms("thief")));
        await bench.UntilAsync("foreign", MediumPhase.Done);
        Assert.Equal(0, card.Asked);
    }

    [Fact]
    public async Task A_box_that_has_a_way_in_writes_none()
    {
        var card = new Card { Page = null };
        await using var bench = new WatchBench(enrolled: false, card: card);
        await bench.StartAsync();
        string stick = bench.Plug("stick", "", enrolment: Terms);
        var state = await bench.UntilAsync("stick", MediumPhase.Done);
        Assert.Equal((true, 1, 0), (state.ReportWritten, card.Asked, card.TakenBack));
        Assert.False(File.Exists(Path.Combine(stick, "edgeserve", "pairing.html")));
    }

    [Fact]
    public async Task A_card_that_cannot_be_written_is_taken_back()
    {
        var card = new Card();
        await using var bench = new WatchBench(enrolled: false, card: card);
        // A folder has the card's name.
        string aside = Directory.CreateDirectory(bench.Elsewhere("aside")).FullName;
        WatchBench.Fill(aside, "7", enrolment: Terms);
        Directory.CreateDirectory(Path.Combine(aside, "edgeserve", "pairing.html"));
        Directory.CreateDirectory(bench.Media);
        Directory.Move(aside, Path.Combine(bench.Media, "stick"));
        await bench.StartAsync();
        var state = await bench.UntilAsync("stick", MediumPhase.Done);
        Assert.Equal((true, 1), (state.ReportWritten, card.TakenBack));
    }

    private sealed class Card : IFirstTabletCard
    {
        public byte[]? Page { get; init; } = "the card"u8.ToArray();

        public int Asked { get; private set; }

        public int TakenBack { get; private set; }

        public byte[]? Write(out string why)
        {
            Asked++;
            why = "there is one";
            return Page;
        }

        public void TakeBack() => TakenBack++;
    }
}
