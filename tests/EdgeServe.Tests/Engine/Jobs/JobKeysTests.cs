using System.Text;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Storage;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Tests.Engine.Jobs;

public sealed class JobKeysTests
{
    [Fact]
    public async Task A_key_goes_with_the_last_thing_it_seals()
    {
        await using var bench = new JobBench();
        var cancelled = await KeyAsync(bench, (await bench.SubmitAsync()).Job);
        await bench.Service.DeleteAsync("local", Assert.Single(bench.Service.List("local", new JobFilter(null, null, 0, 10))).Id);
        Assert.False(bench.Storage.Keys.Holds(cancelled));

        var done = await bench.DoneAsync();
        var key = await KeyAsync(bench, done);
        Assert.True(bench.Storage.Keys.Holds(key));
        await bench.Service.AcknowledgeAsync("local", done.Id);
        Assert.False(bench.Storage.Keys.Holds(key));

        var forgotten = await bench.DoneAsync(new string('x', 100_000));
        key = await KeyAsync(bench, forgotten);
        await bench.Service.DeleteAsync("local", forgotten.Id);
        Assert.False(bench.Storage.Keys.Holds(key));
        Assert.Throws<PayloadDamagedException>(() => bench.Storage.Keys.Open(key));
    }

    [Fact]
    public async Task What_a_crash_left_is_destroyed_and_what_a_job_needs_is_not()
    {
        using var folder = new TempFolder();
        KeyRef kept, orphan;
        Job job;
        var before = new JobBench(folder);
        job = await before.DoneAsync("the answer");
        kept = await KeyAsync(before, job);
        using (var taken = before.Storage.Keys.Take())
            orphan = taken.Name;
        await before.DieAsync();

        await using var bench = new JobBench(folder);
        await bench.Storage.Opened;
        int destroyed = bench.Storage.Keys.Reclaim(bench.Storage.Readers.Read(r => r.Keys()));
        await bench.Storage.Keys.SettledAsync();
        Assert.False(bench.Storage.Keys.Holds(orphan));
        Assert.True(bench.Storage.Keys.Holds(kept));
        Assert.Equal("the answer", await bench.ResultAsync(job));
        Assert.True(destroyed > 1, "those that were prepared are none of this process's");
        Assert.Equal(0, bench.Storage.Keys.Reclaim(bench.Storage.Readers.Read(r => r.Keys())));
    }

    [Fact]
    public async Task A_name_that_is_destroyed_twice_takes_nobody_else_s_key_along()
    {
        using var folder = new TempFolder();
        using var keys = Open(folder);
        var taken = new List<KeyRef>();
        for (int i = 0; i < 5000; i++)
        {
            using var key = keys.Take();
            taken.Add(key.Name);
        }

        Assert.Equal(taken.Count, taken.Select(k => k.Slot).Distinct().Count());
        taken.ForEach(keys.Erase);
        await keys.SettledAsync();
        // Enough for some to get slots that were used before.
        var later = new List<KeyRef>();
        for (int i = 0; i < 5000; i++)
        {
            using var key = keys.Take();
            later.Add(key.Name);
        }

        Assert.Contains(later, l => taken.Exists(t => t.Slot == l.Slot));
        taken.ForEach(keys.Erase);
        await keys.SettledAsync();
        Assert.All(later, l => Assert.True(keys.Holds(l)));
    }

    [Fact]
    public async Task Keys_a_credential_wraps_wait_for_it()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["credentials"]);
        File.WriteAllBytes(Path.Combine(folder["credentials"], WrappingKeys.CredentialName), new byte[40]);
        long name;
        using (var keys = Open(folder, folder["credentials"]))
        using (var key = keys.Take())
            name = key.Name.Value;
        using (var without = Open(folder))
        {
            Assert.Equal(1, without.CountLocked([name]));
            Assert.Throws<PayloadDamagedException>(() => without.Open(new KeyRef(name)));
            // Of the box's own.
            using var own = without.Take();
            Assert.Equal(0, without.CountLocked([own.Name.Value]));
        }

        using var with = Open(folder, folder["credentials"]);
        Assert.Equal(0, with.CountLocked([name]));
        with.Open(new KeyRef(name)).Dispose();
        await with.SettledAsync();
    }

    [Fact]
    public async Task A_box_that_lost_its_wrapping_key_says_so_and_goes_on()
    {
        using var folder = new TempFolder();
        Job old;
        await using (var before = new JobBench(folder))
            old = await before.DoneAsync("the answer");
        foreach (string copy in Directory.GetFiles(folder["device"], "payload-key.*"))
            File.Delete(copy);
        await using var bench = new JobBench(folder);
        await bench.Storage.Opened;
        Assert.Equal(JobError.Lost, Assert.Throws<JobException>(() => bench.Service.Result(bench.Service.Find("local", old.Id))).Error);
        Assert.Equal("another", await bench.ResultAsync(await bench.DoneAsync("another")));
    }

    /// <summary>Schema, envelope and fingerprint as the program before this one wrote them.</summary>
    [Fact]
    public async Task Jobs_from_before_there_were_keys_are_read_and_their_retries_known()
    {
        using var folder = new TempFolder();
        byte[] body = "{1}"u8.ToArray();
        var data = new DataDirectory(folder.Path);
        var id = JobId.Make(1);
        using (var session = new JobSession(Database.OpenWriter(data.Jobs, JobStorage.Migrations), _ => { }, _ => { }))
        {
            session.Begin();
            session.Add(new Job { Id = id, Owner = "local", Model = "m", AcceptedVersion = 1, Priority = 5, Accepted = new JobMoment(1, ClockQuality.Free) }, Plain(body, out byte[] fingerprint));
            session.PutKey("local", "key", fingerprint, id);
            session.Commit();
            Database.Execute(session.Connection, $"ALTER TABLE jobs DROP COLUMN {JobRow.Key}; PRAGMA user_version=1; PRAGMA wal_checkpoint(TRUNCATE)");
        }

        await using var bench = new JobBench(folder);
        Assert.True((await bench.SubmitAsync("{1}", "key")).Replayed);
        Assert.Equal(JobError.KeyReused, (await Assert.ThrowsAsync<JobException>(() => bench.SubmitAsync("{2}", "key"))).Error);
        var claimed = (await bench.ClaimAsync())!;
        Assert.Equal(id, claimed.Id);
        byte[] envelope = bench.Storage.Readers.Read(r => r.Payload(claimed, PayloadPart.Request))!;
        Assert.Equal("{1}", Encoding.UTF8.GetString(bench.Storage.Files.Read(id, PayloadPart.Request, envelope).Content));
    }

    [Fact]
    public async Task Nothing_a_client_sent_is_in_the_database_as_it_was()
    {
        await using var bench = new JobBench();
        await bench.SubmitAsync("a secret of a patient", "key");
        using var copy = new TempFolder();
        bench.Storage.Readers.Read(r => DatabaseCopy.To(r.Connection, copy["copy"]));
        Assert.Equal(-1, File.ReadAllBytes(copy["copy"]).AsSpan().IndexOf("a secret of a patient"u8));
    }

    private static JobKeys Open(TempFolder folder, string? credentials = null)
    {
        var keys = new JobKeys(folder["jobs.keys"], folder["device"], credentials, NullLogger.Instance);
        keys.Open();
        return keys;
    }

    private static async Task<KeyRef> KeyAsync(JobBench bench, Job job)
    {
        await bench.Storage.Keys.SettledAsync();
        return bench.Service.Find(job.Owner, job.Id).Key;
    }

    private static StoredPayload Plain(byte[] content, out byte[] fingerprint)
    {
        byte[] envelope = new byte[PayloadEnvelope.PlainHeaderBytes + content.Length + PayloadEnvelope.TrailerBytes];
        PayloadEnvelope.WritePlainHeader(envelope, -1);
        content.CopyTo(envelope, PayloadEnvelope.PlainHeaderBytes);
        var hash = new System.IO.Hashing.XxHash128();
        hash.Append(envelope.AsSpan(0, PayloadEnvelope.PlainHeaderBytes + content.Length));
        PayloadEnvelope.WriteTrailer(envelope.AsSpan(PayloadEnvelope.PlainHeaderBytes + content.Length), content.Length, hash);
        fingerprint = System.IO.Hashing.XxHash128.Hash([.. hash.GetCurrentHash(), .. "m\n0"u8]);
        return new StoredPayload(PayloadPlace.Database, envelope, content.Length, hash.GetCurrentHash(), default);
    }
}
