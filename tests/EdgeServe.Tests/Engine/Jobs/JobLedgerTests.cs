using EdgeServe.Engine.Jobs;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Jobs;

public sealed class JobLedgerTests
{
    private const int RecordBytes = 24;

    [Fact]
    public void It_knows_who_came_and_did_not_go()
    {
        using var folder = new TempFolder();
        using var ledger = new JobLedger(folder["ledger"]);
        Job[] jobs = [.. Enumerable.Range(0, 200).Select(_ => Make())];
        ledger.Add([.. jobs.Select(j => new JobChange(null, j))]);
        ledger.Add([new JobChange(jobs[0], jobs[0] with { State = JobState.Running }), new JobChange(jobs[1], null)]);
        var (came, went) = ledger.Read();
        Assert.Equal(jobs.Where(j => j != jobs[1]).Select(j => j.Id).ToHashSet(), came);
        Assert.Equal([jobs[1].Id], went);
        ledger.Clear();
        Assert.Empty(ledger.Read().Came);
        ledger.Add([new JobChange(null, jobs[5])]);
        Assert.Equal([jobs[5].Id], ledger.Read().Came);
    }

    [Fact]
    public void It_goes_on_after_a_restart_and_believes_no_damaged_record()
    {
        using var folder = new TempFolder();
        Job[] jobs = [.. Enumerable.Range(0, 3).Select(_ => Make())];
        using (var ledger = new JobLedger(folder["ledger"]))
            ledger.Add([new JobChange(null, jobs[0]), new JobChange(null, jobs[1])]);
        byte[] bytes = File.ReadAllBytes(folder["ledger"]);
        bytes[RecordBytes + 3] ^= 1;
        // Cut within a record, as a power cut may.
        File.WriteAllBytes(folder["ledger"], [.. bytes, 1, 2, 3]);
        using var again = new JobLedger(folder["ledger"]);
        again.Add([new JobChange(null, jobs[2])]);
        Assert.Equal(new HashSet<JobId> { jobs[0].Id, jobs[2].Id }, again.Read().Came);
    }

    [Fact]
    public void It_is_bounded_and_keeps_the_latest()
    {
        using var folder = new TempFolder();
        using var ledger = new JobLedger(folder["ledger"]);
        var last = new List<JobId>();
        for (int round = 0; round < 90; round++)
        {
            Job[] jobs = [.. Enumerable.Range(0, 1000).Select(_ => Make())];
            ledger.Add([.. jobs.Select(j => new JobChange(null, j))]);
            last.AddRange(jobs.Select(j => j.Id));
        }

        Assert.True(Directory.GetFiles(folder.Path).Sum(f => new FileInfo(f).Length) <= 42_000 * RecordBytes);
        Assert.Superset(last.TakeLast(20_000).ToHashSet(), ledger.Read().Came);
    }

    [Fact]
    public void A_disk_that_takes_nothing_harms_nobody()
    {
        using var folder = new TempFolder();
        using var ledger = new JobLedger(Path.Combine(folder["nowhere"], "ledger"));
        ledger.Add([new JobChange(null, Make())]);
        Assert.Empty(ledger.Read().Came);
        ledger.Clear();
    }

    private static Job Make() => new() { Id = JobId.Make(0), Owner = "local", Model = "m" };
}
