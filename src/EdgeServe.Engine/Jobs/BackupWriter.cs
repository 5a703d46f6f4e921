using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Jobs;

/// <summary>Writes a backup while jobs come and go: the database is copied as of one moment, and no payload it names is deleted meanwhile.</summary>
internal static class BackupWriter
{
    private const int Digits = 64;

    /// <param name="data">The data directory.</param>
    /// <param name="source">An open connection to its database.</param>
    /// <param name="files">Its payloads.</param>
    /// <param name="keys">The keys of its jobs.</param>
    /// <param name="target">Receives the tar.</param>
    /// <param name="cancellation">Nobody reads any more.</param>
    public static async Task WriteAsync(DataDirectory data, SqliteConnection source, PayloadFiles files, BackupKeys keys, Stream target, CancellationToken cancellation)
    {
        using var hold = files.Hold();
        Directory.CreateDirectory(data.Backup);
        string copy = Path.Combine(data.Backup, $"export-{Guid.NewGuid():N}.db");
        try
        {
            DatabaseCopy.To(source, copy);
            var sums = new StringBuilder();
            await using var tar = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true);
            await AddAsync(tar, sums, BackupFormat.Database, copy, cancellation);
            foreach (var (id, part) in Named(copy))
                await AddAsync(tar, sums, BackupFormat.Payloads + Path.GetFileName(files.PathOf(id, part)), files.PathOf(id, part), cancellation);
            if (Directory.Exists(data.Device))
            {
                foreach (string path in Directory.EnumerateFiles(data.Device).Where(p => BackupFormat.IsExpected(BackupFormat.Device + Path.GetFileName(p))).Order(StringComparer.Ordinal))
                    await AddAsync(tar, sums, BackupFormat.Device + Path.GetFileName(path), path, cancellation);
            }

            // After everything they seal: of a job deleted meanwhile there is no key any more.
            using var secrets = new MemoryStream(keys.Write(KeysNamed(copy)));
            sums.Append(Convert.ToHexStringLower(SHA256.HashData(secrets))).Append("  ").Append(BackupFormat.Keys).Append('\n');
            secrets.Position = 0;
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, BackupFormat.Keys) { DataStream = secrets, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite }, cancellation);
            using var list = new MemoryStream(Encoding.UTF8.GetBytes(sums.ToString()));
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, BackupFormat.Sums) { DataStream = list }, cancellation);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    private static List<(JobId Id, PayloadPart Part)> Named(string database)
    {
        using var connection = Database.OpenReader(database);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, places FROM jobs WHERE (places & 15)=2 OR (places >> 4)=2";
        using var reader = command.ExecuteReader();
        var named = new List<(JobId, PayloadPart)>();
        while (reader.Read())
        {
            var id = JobId.From(reader.GetFieldValue<byte[]>(0));
            if ((PayloadPlace)(reader.GetInt32(1) & 15) == PayloadPlace.File)
                named.Add((id, PayloadPart.Request));
            if ((PayloadPlace)(reader.GetInt32(1) >> 4) == PayloadPlace.File)
                named.Add((id, PayloadPart.Result));
        }

        return named;
    }

    private static List<KeyRef> KeysNamed(string database)
    {
        using var connection = Database.OpenReader(database);
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {JobRow.Key} FROM jobs WHERE {JobRow.Key}<>0";
        using var reader = command.ExecuteReader();
        var named = new List<KeyRef>();
        while (reader.Read())
            named.Add(new KeyRef(reader.GetInt64(0)));
        return named;
    }

    private static async Task AddAsync(TarWriter tar, StringBuilder sums, string name, string path, CancellationToken cancellation)
    {
        // One that is damaged or gone already is no reason to have no backup at all: its job says so when it is asked for.
        if (!File.Exists(path))
            return;
        await using var file = File.OpenRead(path);
        string sum = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
        sums.Append(sum[..Digits]).Append("  ").Append(name).Append('\n');
        file.Position = 0;
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = file }, cancellation);
    }
}
