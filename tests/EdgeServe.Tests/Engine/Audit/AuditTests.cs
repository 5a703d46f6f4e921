using System.Text;
using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Audit;

public sealed class AuditTests
{
    private const int Lines = 20;

    [Fact]
    public void What_was_noted_is_there_in_order_over_restarts()
    {
        using var folder = new TempFolder();
        Write(folder, 1, 5);
        var head = Write(folder, 6, Lines);
        var verdict = AuditCheck.Run(Files(folder), null);
        Assert.Equal((Lines, null, head), (verdict.Lines, verdict.Problem, verdict.Head));
        var lines = Files(folder).Before(long.MaxValue, 100);
        Assert.Equal(Enumerable.Range(1, Lines).Reverse().Select(i => $"event {i}"), lines.Select(l => l.Json.GetProperty("text").GetString()));
        Assert.Equal(("test", "tester", "unset"), (Text(lines[0], "what"), Text(lines[0], "who"), Text(lines[0], "clock")));
        Assert.Equal([12L, 11L], Files(folder).Before(13, 2).Select(l => l.Sequence));
    }

    [Fact]
    public void Any_changed_byte_is_found_at_its_line()
    {
        using var folder = new TempFolder();
        Write(folder, 1, Lines);
        string file = Assert.Single(Files(folder).List());
        byte[] sound = File.ReadAllBytes(file);
        for (int at = 0; at < sound.Length; at += 7)
        {
            byte[] changed = (byte[])sound.Clone();
            changed[at] ^= 1;
            File.WriteAllBytes(file, changed);
            int line = sound.AsSpan(0, at).Count((byte)'\n') + 1;
            // An end that is gone makes two lines one.
            Assert.Equal(line, AuditCheck.Run(Files(folder), null).Sequence);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(Lines - 1)]
    public void A_line_that_was_removed_swapped_doubled_or_written_anew_is_named(int number)
    {
        using var folder = new TempFolder();
        Write(folder, 1, Lines);
        string file = Assert.Single(Files(folder).List());
        string[] sound = File.ReadAllLines(file);
        List<string> lines = [.. sound];
        lines.RemoveAt(number - 1);
        Found(lines, number);

        lines = [.. sound];
        (lines[number - 1], lines[number]) = (lines[number], lines[number - 1]);
        Found(lines, number);

        lines = [.. sound];
        lines.Insert(number, sound[number - 1]);
        Found(lines, number);

        // Whole, with a hash that is right: the next line knows better.
        lines = [.. sound];
        var previous = AuditLine.Read(Encoding.UTF8.GetBytes(sound[number - 1]))!;
        lines[number - 1] = Encoding.UTF8.GetString(AuditLine.Write(new AuditHead(number - 1, previous.Previous), Event("somebody else did it")).Line).TrimEnd('\n');
        Found(lines, number);

        void Found(List<string> changed, int first)
        {
            File.WriteAllText(file, string.Join('\n', changed) + "\n");
            Assert.Equal(first, AuditCheck.Run(Files(folder), null).Sequence);
            // Without what the box keeps in device/ as well.
            Assert.Equal(first, AuditCheck.Run(new AuditFiles(folder["audit"], folder["nowhere"]), null).Sequence);
        }
    }

    [Fact]
    public void A_log_that_was_cut_off_is_seen_by_who_knows_its_head()
    {
        using var folder = new TempFolder();
        var early = Write(folder, 1, 10);
        var head = Write(folder, 11, Lines);
        string file = Assert.Single(Files(folder).List());
        string[] sound = File.ReadAllLines(file);
        Assert.Null(AuditCheck.Run(Files(folder), early).Problem);
        Assert.Equal(10, AuditCheck.Run(Files(folder), early with { Hash = head.Hash }).Sequence);
        File.WriteAllText(file, string.Join('\n', sound[..15]) + "\n");
        Assert.Equal(16, AuditCheck.Run(Files(folder), null).Sequence);
        // Who cuts off the box's own memory as well is caught by a head that left the box.
        var blind = new AuditFiles(folder["audit"], folder["nowhere"]);
        Assert.Null(AuditCheck.Run(blind, null).Problem);
        Assert.Equal(16, AuditCheck.Run(blind, head).Sequence);
        File.Delete(file);
        Assert.Equal(1, AuditCheck.Run(blind, head).Sequence);

        // It goes on behind what is missing, which stays missing.
        File.WriteAllText(file, string.Join('\n', sound[..15]) + "\n");
        Write(folder, Lines + 1, Lines + 2);
        Assert.Equal(16, AuditCheck.Run(Files(folder), null).Sequence);
    }

    [Fact]
    public void Half_a_line_of_a_power_cut_is_taken_away_and_the_chain_goes_on()
    {
        using var folder = new TempFolder();
        Write(folder, 1, 5);
        string file = Assert.Single(Files(folder).List());
        // Written and durable, but the head was not any more; and of the next only a part.
        var (whole, next) = AuditLine.Write(AuditCheck.Run(Files(folder), null).Head, Event("event 6"));
        File.AppendAllText(file, Encoding.UTF8.GetString(whole) + Encoding.UTF8.GetString(AuditLine.Write(next, Event("event 7")).Line)[..40]);
        Write(folder, 7, 8);
        var verdict = AuditCheck.Run(Files(folder), null);
        Assert.Equal((null, 8L), (verdict.Problem, verdict.Lines));
    }

    [Fact]
    public void Old_files_go_and_the_chain_stays()
    {
        using var folder = new TempFolder();
        int written = 0;
        string text = new('x', 490);
        while (written * 800L < (AuditFiles.MostFiles + 2) * AuditFiles.FileBytes)
        {
            Write(folder, written + 1, written + 500, text);
            written += 500;
        }

        var files = Files(folder).List();
        Assert.Equal(AuditFiles.MostFiles, files.Length);
        Assert.True(files.Sum(f => new FileInfo(f).Length) <= AuditFiles.MostFiles * AuditFiles.FileBytes);
        var verdict = AuditCheck.Run(Files(folder), null);
        Assert.Null(verdict.Problem);
        Assert.Equal(written, verdict.Head.Sequence);
        Assert.True(verdict.Lines < written, "nothing was rotated away");
        // One of those that are meant to be there.
        File.Delete(files[0]);
        Assert.Equal(written - verdict.Lines + 1, AuditCheck.Run(Files(folder), null).Sequence);
    }

    [Fact]
    public void More_than_can_be_written_is_said()
    {
        using var folder = new TempFolder();
        Write(folder, 1, 2500);
        var verdict = AuditCheck.Run(Files(folder), null);
        Assert.Equal((null, 2001L), (verdict.Problem, verdict.Lines));
        Assert.StartsWith("500 events", Text(Files(folder).Before(long.MaxValue, 1)[0], "text"), StringComparison.Ordinal);
    }

    [Fact]
    public void Log_events_of_security_are_heard_whoever_speaks_and_others_are_not()
    {
        using var folder = new TempFolder();
        var audit = new AuditLog(new DeviceClock(TimeProvider.System, null, "boot", TimeSpan.Zero), TimeProvider.System);
        using var logs = LoggerFactory.Create(l => l.AddProvider(new AuditListener(audit)));
        var logger = logs.CreateLogger("EdgeServe.Somewhere");
#pragma warning disable CA1848, CA2254 // The generator would make these events the program's own.
        logger.Log(LogLevel.Information, 8003, "Key {Id} was revoked by {By}", "k1", "k2");
        logger.Log(LogLevel.Warning, 8110, "The clock was set by {By}", "k3");
        logger.Log(LogLevel.Information, 5031, "A job is tried again");
        logs.CreateLogger("Microsoft.Somewhere").Log(LogLevel.Error, 8003, "not ours");
#pragma warning restore CA1848, CA2254
        Assert.Equal([("key.revoked", "k2", "Key k1 was revoked by k2"), ("clock.set", "k3", "The clock was set by k3")], audit.Take().Select(e => (e.What, e.Who, e.Text)));
    }

    private static AuditFiles Files(TempFolder folder) => new(folder["audit"], folder["device"]);

    private static string? Text((long Sequence, string Text, System.Text.Json.JsonElement Json) line, string name) => line.Json.GetProperty(name).GetString();

    private static AuditEvent Event(string text) => new("test", "tester", text, 1, 0, ClockQuality.Unset, "boot");

    /// <summary>A life of the process that notes these.</summary>
    private static AuditHead Write(TempFolder folder, int from, int to, string? text = null)
    {
        using var data = new DataDirectory(folder.Path);
        data.Take();
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var audit = new AuditLog(new DeviceClock(time, null, "boot", TimeSpan.Zero), time);
        for (int i = from; i <= to; i++)
            audit.Note("test", "tester", text ?? $"event {i}");
        using var writer = new AuditWriter(audit, data, NullLogger<AuditWriter>.Instance);
        writer.WriteNow();
        return audit.Head!;
    }
}
