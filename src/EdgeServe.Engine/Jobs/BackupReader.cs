using System.Formats.Tar;
using System.Security.Cryptography;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// Puts a backup into a data directory. Everything is unpacked aside and compared with its sum first; what does not belong
/// in a backup, or is not what it was, changes nothing. The box's identity and clock are never replaced.
/// </summary>
internal static class BackupReader
{
    /// <returns>How many files were restored.</returns>
    /// <exception cref="InvalidDataException">It is not a whole, sound backup.</exception>
    public static int Restore(Stream source, DataDirectory data, CancellationToken cancellation)
    {
        string staging = Path.Combine(data.Path, "restore");
        if (Directory.Exists(staging))
            Directory.Delete(staging, recursive: true);
        try
        {
            var names = Unpack(source, staging, cancellation);
            Verify(staging, names);
            Check(Path.Combine(staging, BackupFormat.Database));
            Place(staging, names, data);
            return names.Count;
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }
    }

    private static List<string> Unpack(Stream source, string staging, CancellationToken cancellation)
    {
        var names = new List<string>();
        try
        {
            using var tar = new TarReader(source, leaveOpen: true);
            while (tar.GetNextEntry() is { } entry)
            {
                cancellation.ThrowIfCancellationRequested();
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !BackupFormat.IsExpected(entry.Name) || names.Contains(entry.Name))
                    throw new InvalidDataException($"'{(entry.Name.Length > 80 ? entry.Name[..80] + "…" : entry.Name)}' does not belong in a backup");
                string path = Path.Combine(staging, entry.Name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                using var file = new FileStream(path, FileMode.CreateNew);
                entry.DataStream?.CopyTo(file);
                file.Flush(flushToDisk: true);
                names.Add(entry.Name);
            }
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"it is not a whole backup: {e.Message}", e);
        }

        if (!names.Remove(BackupFormat.Sums) || !names.Contains(BackupFormat.Database))
            throw new InvalidDataException("it is not a whole backup: the end is missing");
        return names;
    }

    private static void Verify(string staging, List<string> names)
    {
        string[] lines = File.ReadAllLines(Path.Combine(staging, BackupFormat.Sums));
        var sums = lines.Where(l => l.Length > 66).DistinctBy(l => l[66..]).ToDictionary(l => l[66..], l => l[..64]);
        if (sums.Count != lines.Length || sums.Count != names.Count)
            throw new InvalidDataException("its list of sums does not match its files");
        foreach (string name in names)
        {
            using var file = File.OpenRead(Path.Combine(staging, name));
            if (!sums.TryGetValue(name, out string? sum) || sum != Convert.ToHexStringLower(SHA256.HashData(file)))
                throw new InvalidDataException($"'{name}' is damaged");
        }
    }

    private static void Check(string database)
    {
        try
        {
            using (var connection = Database.OpenWriter(database, JobStorage.Migrations))
            {
                if (Database.TextOf(connection, "PRAGMA quick_check(1)") is not "ok" and var verdict)
                    throw new InvalidDataException($"its database is damaged: {verdict}");
                if (Database.ScalarOf(connection, "SELECT COUNT(*) FROM sqlite_schema WHERE type IN ('trigger','view')") > 0)
                    throw new InvalidDataException("its database runs code of its own");
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
    private static void Place(string staging, List<string> names, DataDirectory data)
    {
        // Decided before the first is moved: either copy of a doubled file counts, and a value is never taken back.
        var owned = names.Where(n => n.StartsWith(BackupFormat.Device, StringComparison.Ordinal) && OwnsAlready(Path.Combine(data.Path, n))).ToHashSet();
        foreach (string name in names.Where(n => n != BackupFormat.Database && !owned.Contains(n)))
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
        File.Move(Path.Combine(staging, BackupFormat.Database), data.Jobs, overwrite: true);
        DirectoryHandle.Flush(data.Path);
        data.MarkStopped();
    }

    private static bool OwnsAlready(string target) =>
        File.Exists(target) || File.Exists(Path.ChangeExtension(target, target.EndsWith('a') ? ".b" : ".a"));
}
