using System.Formats.Tar;
using System.Security.Cryptography;
using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// Puts a backup into a data directory. Everything is unpacked aside and compared with its sum first; what does not belong
/// in a backup, or is not what it was, changes nothing. The box's identity and clock are never replaced.
/// </summary>
internal static class BackupReader
{
    private const int MostKeyBytes = 64 << 20;

    /// <param name="source">The backup.</param>
    /// <param name="data">Taken.</param>
    /// <param name="keys">Of that directory.</param>
    /// <param name="passphrase">That the backup's keys are encrypted by; null: none.</param>
    /// <param name="cancellation">Stops before anything is changed.</param>
    /// <returns>How many files were restored.</returns>
    /// <exception cref="InvalidDataException">It is not a whole, sound backup, or the passphrase is not its.</exception>
    public static int Restore(Stream source, DataDirectory data, JobKeys keys, string? passphrase, CancellationToken cancellation)
    {
        string staging = Path.Combine(data.Path, "restore");
        if (Directory.Exists(staging))
            Directory.Delete(staging, recursive: true);
        try
        {
            var (names, list) = Unpack(source, staging, cancellation);
            Verify(staging, names, list);
            var secrets = list is null ? [] : BackupKeys.Read(list, passphrase);
            Check(Path.Combine(staging, BackupFormat.Database), hasKeys: list is not null);
            keys.Open();
            Place(staging, names, data, () => keys.Replace(secrets));
            return names.Count;
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }
    }

    private static (List<string> Names, byte[]? Keys) Unpack(Stream source, string staging, CancellationToken cancellation)
    {
        var names = new List<string>();
        byte[]? keys = null;
        try
        {
            using var tar = new TarReader(source, leaveOpen: true);
            while (tar.GetNextEntry() is { } entry)
            {
                cancellation.ThrowIfCancellationRequested();
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !BackupFormat.IsExpected(entry.Name) || names.Contains(entry.Name))
                    throw new InvalidDataException($"'{(entry.Name.Length > 80 ? entry.Name[..80] + "…" : entry.Name)}' does not belong in a backup");
                names.Add(entry.Name);
                if (entry.Name == BackupFormat.Keys)
                {
                    // Not even for a moment on a disk that never forgets.
                    keys = Secret(entry);
                    continue;
                }

                string path = Path.Combine(staging, entry.Name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                using var file = new FileStream(path, FileMode.CreateNew);
                entry.DataStream?.CopyTo(file);
                file.Flush(flushToDisk: true);
            }
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"it is not a whole backup: {e.Message}", e);
        }

        if (!names.Remove(BackupFormat.Sums) || !names.Contains(BackupFormat.Database))
            throw new InvalidDataException("it is not a whole backup: the end is missing");
        return (names, keys);
    }

    private static byte[] Secret(TarEntry entry)
    {
        if (entry.Length > MostKeyBytes)
            throw new InvalidDataException("its list of keys is too long");
        byte[] content = new byte[entry.Length];
        entry.DataStream?.ReadExactly(content);
        return content;
    }

    private static void Verify(string staging, List<string> names, byte[]? keys)
    {
        string[] lines = File.ReadAllLines(Path.Combine(staging, BackupFormat.Sums));
        var sums = lines.Where(l => l.Length > 66).DistinctBy(l => l[66..]).ToDictionary(l => l[66..], l => l[..64]);
        if (sums.Count != lines.Length || sums.Count != names.Count)
            throw new InvalidDataException("its list of sums does not match its files");
        foreach (string name in names)
        {
            using Stream file = name == BackupFormat.Keys ? new MemoryStream(keys!) : File.OpenRead(Path.Combine(staging, name));
            if (!sums.TryGetValue(name, out string? sum) || sum != Convert.ToHexStringLower(SHA256.HashData(file)))
                throw new InvalidDataException($"'{name}' is damaged");
        }
    }

    private static void Check(string database, bool hasKeys)
    {
        try
        {
            using (var connection = Database.OpenWriter(database, JobStorage.Migrations))
            {
                if (Database.TextOf(connection, "PRAGMA quick_check(1)") is not "ok" and var verdict)
                    throw new InvalidDataException($"its database is damaged: {verdict}");
                if (Database.ScalarOf(connection, "SELECT COUNT(*) FROM sqlite_schema WHERE type IN ('trigger','view')") > 0)
                    throw new InvalidDataException("its database runs code of its own");
                if (!hasKeys && Database.ScalarOf(connection, $"SELECT COUNT(*) FROM jobs WHERE {JobRow.Key}<>0") > 0)
                    throw new InvalidDataException("the keys of its jobs are missing");
                Database.Execute(connection, "PRAGMA journal_mode=DELETE");
            }

            if (!FirstPage.IsReadable(database))
                throw new InvalidDataException("its database is not one of jobs");
        }
        catch (SqliteException e)
        {
            throw new InvalidDataException($"its database is damaged: {e.Message}", e);
        }
    }

    /// <summary>The database last: until then the directory is what it was, with files beside it that no row names.</summary>
    private static void Place(string staging, List<string> names, DataDirectory data, Action placeKeys)
    {
        // Decided before the first is moved: either copy of a doubled file counts, and a value is never taken back.
        var owned = names.Where(n => n.StartsWith(BackupFormat.Device, StringComparison.Ordinal) && OwnsAlready(Path.Combine(data.Path, n))).ToHashSet();
        foreach (string name in names.Where(n => n is not (BackupFormat.Database or BackupFormat.Keys) && !owned.Contains(n)))
        {
            string target = Path.Combine(data.Path, name);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(Path.Combine(staging, name), target, overwrite: true);
        }

        if (Directory.Exists(data.Payloads))
            DirectoryHandle.Flush(data.Payloads);
        foreach (string suffix in new[] { "-wal", "-shm" })
            File.Delete(data.Jobs + suffix);
        // The jobs that were here are not to come back: neither from a salvage that was cut off nor from the last copy.
        Salvage.Abandon(data);
        if (Directory.Exists(data.Backup))
            File.Delete(Path.Combine(data.Backup, "jobs.db"));
        // Those of the jobs that were here are destroyed. Cut off between here and the next line, a restore is done once more.
        placeKeys();
        File.Move(Path.Combine(staging, BackupFormat.Database), data.Jobs, overwrite: true);
        DirectoryHandle.Flush(data.Path);
        data.MarkStopped();
    }

    private static bool OwnsAlready(string target) =>
        File.Exists(target) || File.Exists(Path.ChangeExtension(target, target.EndsWith('a') ? ".b" : ".a"));
}
