using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using EdgeServe.Engine.Updates.Sticks;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Updates.Sticks;

public sealed class StickReportTests
{
    private static readonly CarrierText Good = CarrierTexts.Installed(7);

    [Fact]
    public void Boxes_keep_each_others_reports_newest_first_and_one_each()
    {
        using var stick = new TempFolder();
        Write(stick, Entry(1, "one"), Entry(2, "two"), Entry(1, "one again"));
        using var status = JsonDocument.Parse(File.ReadAllBytes(stick["edgeserve/status.json"]));
        Assert.Equal(["one again", "two"], status.RootElement.GetProperty("devices").EnumerateArray().Select(d => d.GetProperty("name").GetString()));
        Assert.Equal(2, File.ReadAllText(stick["edgeserve/status.html"]).Split("<section").Length - 1);
        Assert.Equal(["status.html", "status.json"], Directory.GetFileSystemEntries(stick["edgeserve"]).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_stick_that_went_to_very_many_boxes_keeps_the_last_of_them()
    {
        using var stick = new TempFolder();
        Write(stick, [.. Enumerable.Range(0, 40).Select(i => Entry(i, $"box{i}"))]);
        var kept = ReportJson.Read(File.ReadAllBytes(stick["edgeserve/status.json"]));
        Assert.Equal(Enumerable.Range(8, ReportJson.MaxEntries).Reverse().Select(i => $"box{i}"), kept.Select(e => e.Name));
    }

    [Fact]
    public void Hostile_text_on_the_stick_never_becomes_markup()
    {
        using var stick = new TempFolder();
        Directory.CreateDirectory(stick["edgeserve"]);
        const string evil = "</section><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\"'&";
        File.WriteAllBytes(stick["edgeserve/status.json"], ReportJson.Write([Entry(5, evil) with { Channel = evil, Code = "<b>", Program = evil[..20], At = "<i>", Text = new CarrierText(CarrierTone.Good, "<h1>", evil, evil) }]));
        Write(stick, Entry(1, evil));
        string page = File.ReadAllText(stick["edgeserve/status.html"]);
        Assert.Equal(2, page.Split("<section").Length - 1);
        foreach (string tag in new[] { "<script", "<img", "<h1>alert", "<b>", "<i>", "\u202e" })
            Assert.DoesNotContain(tag, page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_round_trips_and_adds_no_tag() => Gen.String[0, 60].Sample(text =>
    {
        var entry = Entry(1, Clean(text)) with { Channel = Clean(text) };
        var back = Assert.Single(ReportJson.Read(ReportJson.Write([entry])));
        Assert.Equal(entry, back);
        Assert.Equal(Tags(ReportPage.Write([Entry(1, "x") with { Channel = "x" }])), Tags(ReportPage.Write([entry])));
        static string Clean(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        static int Tags(byte[] page) => Encoding.UTF8.GetString(page).Count(c => c is '<' or '>');
    }, iter: 500);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"type\":\"edgeserve-stick-status\",\"devices\":[1,null,[],{},{\"device\":\"short\"},{\"device\":7}]}")]
    [InlineData("{\"type\":\"edgeserve-stick-status\",\"devices\":{}}")]
    [InlineData("{\"type\":\"other\",\"devices\":[]}")]
    [InlineData("{\"type\":\"\\ud800\"}")]
    public void A_status_file_that_is_not_ours_is_begun_anew(string content)
    {
        using var stick = new TempFolder();
        Directory.CreateDirectory(stick["edgeserve"]);
        File.WriteAllText(stick["edgeserve/status.json"], content);
        Write(stick, Entry(1, "box"));
        Assert.Equal("box", Assert.Single(ReportJson.Read(File.ReadAllBytes(stick["edgeserve/status.json"]))).Name);
    }

    [Fact]
    public void Links_and_pipes_under_our_names_are_replaced_and_never_followed()
    {
        using var stick = new TempFolder();
        using var outside = new TempFolder();
        File.WriteAllText(outside["precious"], "precious");
        Directory.CreateDirectory(stick["edgeserve"]);
        File.CreateSymbolicLink(stick["edgeserve/status.html"], outside["precious"]);
        WatchBench.Run("mkfifo", [stick["edgeserve/status.json"]]);
        Write(stick, Entry(1, "box"));
        Assert.Equal("precious", File.ReadAllText(outside["precious"]));
        Assert.Null(new FileInfo(stick["edgeserve/status.html"]).LinkTarget);
        Assert.Single(ReportJson.Read(File.ReadAllBytes(stick["edgeserve/status.json"])));
    }

    [Fact]
    public void A_folder_that_became_a_link_meanwhile_gets_nothing()
    {
        using var stick = new TempFolder();
        using var outside = new TempFolder();
        Directory.CreateDirectory(stick["edgeserve"]);
        File.WriteAllText(stick["edgeserve/index.json"], "7");
        var medium = Medium.Look(stick.Path)!;
        Directory.Delete(stick["edgeserve"], recursive: true);
        Directory.CreateSymbolicLink(stick["edgeserve"], outside.Path);
        Assert.NotNull(StickReport.Write(medium, Entry(1, "box")));
        Assert.Empty(Directory.GetFileSystemEntries(outside.Path));
    }

    private static void Write(TempFolder stick, params ReportEntry[] entries)
    {
        foreach (var entry in entries)
        {
            Directory.CreateDirectory(stick["edgeserve"]);
            Assert.Null(StickReport.Write(Medium.Look(stick.Path)!, entry));
        }
    }

    private static ReportEntry Entry(int device, string name) => new(
        device.ToString("x32", CultureInfo.InvariantCulture), name, Good, null, "clinic", 7, "2026-11-23T21:00:00Z", "0.1");
}
