using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Storage;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Tests.Engine.Jobs;

/// <summary>Backups whose sums are right and which are wrong all the same.</summary>
public sealed class BackupTests
{
    [Theory]
    [InlineData("CREATE TRIGGER t AFTER INSERT ON jobs BEGIN DELETE FROM jobs; END")]
    [InlineData("CREATE VIEW v AS SELECT 1")]
    [InlineData("DROP TABLE keys")]
    public async Task A_database_that_is_not_the_jobs_own_is_refused(string change)
    {
        using var folder = new TempFolder();
        var (database, secrets) = await DatabaseAsync(folder, change);
        await RefusedAsync(folder, [("jobs.db", database), ("jobs.keys", secrets)], Sum("jobs.db", database) + Sum("jobs.keys", secrets));
    }

    [Fact]
    public async Task A_list_of_sums_that_says_a_name_twice_is_refused()
    {
        using var folder = new TempFolder();
        var (database, secrets) = await DatabaseAsync(folder, "SELECT 1");
        string line = Sum("jobs.db", database);
        await RefusedAsync(folder, [("jobs.db", database), ("jobs.keys", secrets)], line + line + Sum("jobs.keys", secrets));
    }

    [Fact]
    public async Task A_backup_without_the_keys_of_its_jobs_is_refused()
    {
        using var folder = new TempFolder();
        var (database, _) = await DatabaseAsync(folder, "SELECT 1");
        await RefusedAsync(folder, [("jobs.db", database)], Sum("jobs.db", database));
    }

    [Fact]
    public async Task Keys_of_a_backup_open_with_their_passphrase_and_no_other()
    {
        await using var bench = new JobBench();
        var job = bench.Service.Find("local", (await bench.DoneAsync("the answer")).Id);
        byte[] list = new BackupKeys(bench.Storage.Keys, BackupSeal.Of("right", new byte[16], 1000)).Write([job.Key]);
        using var secret = bench.Storage.Keys.Open(job.Key);
        Assert.DoesNotContain(Convert.ToHexStringLower(secret.Secret), Encoding.ASCII.GetString(list), StringComparison.Ordinal);
        Assert.Contains(BackupKeys.Read(list, "right"), k => k.Name == job.Key && k.Secret.AsSpan().SequenceEqual(secret.Secret));
        Assert.Throws<InvalidDataException>(() => BackupKeys.Read(list, "wrong"));
        Assert.Throws<InvalidDataException>(() => BackupKeys.Read(list, null));
        list[^3] ^= 1;
        Assert.Throws<InvalidDataException>(() => BackupKeys.Read(list, "right"));
    }

    /// <summary>A salvage that was cut off would begin again, over what was restored.</summary>
    [Fact]
    public async Task What_is_restored_stays_whatever_was_half_done_before()
    {
        using var folder = new TempFolder();
        var (database, secrets) = await DatabaseAsync(folder, "SELECT 1");
        using var target = new TempFolder();
        await using (var old = new JobBench(target))
            await old.DoneAsync("the old box's");
        var data = new DataDirectory(target.Path);
        new Salvage(data).Quarantine();
        using (data)
        {
            data.Take();
            using var tar = await TarAsync([("jobs.db", database), ("jobs.keys", secrets)], Sum("jobs.db", database) + Sum("jobs.keys", secrets));
            using var keys = Keys(data);
            BackupReader.Restore(tar, data, keys, null, TestContext.Current.CancellationToken);
        }

        await using var bench = new JobBench(target);
        await bench.Storage.Opened;
        var job = Assert.Single(bench.Service.List("local", new JobFilter(null, null, 0, 10)));
        Assert.Equal("the answer", await bench.ResultAsync(job));
    }

    private static async Task RefusedAsync(TempFolder folder, (string Name, byte[] Content)[] files, string sums)
    {
        using var data = new DataDirectory(folder["target"]);
        data.Take();
        using var tar = await TarAsync(files, sums);
        using var keys = Keys(data);
        Assert.Throws<InvalidDataException>(() => BackupReader.Restore(tar, data, keys, null, TestContext.Current.CancellationToken));
        Assert.False(File.Exists(data.Jobs));
    }

    private static JobKeys Keys(DataDirectory data) => new(data.JobKeys, data.Device, null, NullLogger.Instance);

    private static async Task<(byte[] Database, byte[] Keys)> DatabaseAsync(TempFolder folder, string change)
    {
        string path = folder["source"];
        byte[] secrets;
        await using (var bench = new JobBench())
        {
            var job = await bench.DoneAsync("the answer");
            secrets = new BackupKeys(bench.Storage.Keys, null).Write([job.Key]);
            bench.Storage.Readers.Read(r => DatabaseCopy.To(r.Connection, path));
        }

        using (var connection = Database.OpenWriter(path, JobStorage.Migrations))
            Database.Execute(connection, change + "; PRAGMA journal_mode=DELETE");
        return (File.ReadAllBytes(path), secrets);
    }

    private static string Sum(string name, byte[] content) => $"{Convert.ToHexStringLower(SHA256.HashData(content))}  {name}\n";

    private static async Task<MemoryStream> TarAsync((string Name, byte[] Content)[] files, string sums)
    {
        var stream = new MemoryStream();
        await using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, content) in files.Append(("SHA256SUMS", Encoding.UTF8.GetBytes(sums))))
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) }, TestContext.Current.CancellationToken);
        }

        stream.Position = 0;
        return stream;
    }
}
