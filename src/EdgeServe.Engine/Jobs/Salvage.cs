using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Jobs;

/// <summary>
/// Saves what a damaged database still holds: every row that can be reached and matches its checksum goes into a new
/// file; what is missing comes from the last copy where it can; the rest is listed as lost. The damaged files stay in
/// quarantine. Can be cut off at any point and begins again at the next start.
/// </summary>
/// <param name="data">Whose database.</param>
/// <param name="keys">Says which jobs of the last copy were forgotten since; null: none of the keys is known.</param>
internal sealed class Salvage(DataDirectory data, JobKeys? keys = null)
{
    private const int MostQuarantined = 3;
    private const int MostProbes = 200_000;
    private const string Unfinished = "unfinished";
    private static readonly string[] Suffixes = ["", "-wal", "-shm"];

    /// <returns>The quarantine a crash left half salvaged; null: none.</returns>
    public string? Interrupted() => Directory.Exists(data.Quarantine)
        ? Directory.EnumerateDirectories(data.Quarantine).FirstOrDefault(d => File.Exists(Path.Combine(d, Unfinished)))
        : null;

    /// <summary>Another database takes this one's place: what a salvage had begun is not finished.</summary>
    public static void Abandon(DataDirectory data)
    {
        if (!Directory.Exists(data.Quarantine))
            return;
        foreach (string directory in Directory.EnumerateDirectories(data.Quarantine))
            File.Delete(Path.Combine(directory, Unfinished));
    }

    /// <summary>Moves the database's files away.</summary>
    /// <returns>Where to.</returns>
    public string Quarantine()
    {
        Directory.CreateDirectory(data.Quarantine);
        string[] before = [.. Directory.EnumerateDirectories(data.Quarantine).OrderBy(NumberOf)];
        string target = Path.Combine(data.Quarantine, (before.Length == 0 ? 1 : NumberOf(before[^1]) + 1).ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach (string old in before.SkipLast(MostQuarantined - 1))
            Directory.Delete(old, recursive: true);
        Directory.CreateDirectory(target);
        AtomicWrite.WriteAllText(Path.Combine(target, Unfinished), "");
        foreach (string suffix in Suffixes.Where(s => File.Exists(data.Jobs + s)))
            File.Move(data.Jobs + suffix, Path.Combine(target, "jobs.db" + suffix), overwrite: true);
        DirectoryHandle.Flush(target);
        DirectoryHandle.Flush(data.Path);
        return target;
    }

    /// <summary>Builds the new database beside the old place, then gives it its name.</summary>
    public SalvageReport Run(string quarantine)
    {
        string made = data.Jobs + ".salvage";
        foreach (string suffix in Suffixes)
        {
            File.Delete(made + suffix);
            // A crash after the move below left a database nobody has written to yet.
            File.Delete(data.Jobs + suffix);
        }

        var report = new SalvageReport();
        using (var target = Database.OpenWriter(made, JobStorage.Migrations))
        {
            Database.Execute(target, "BEGIN IMMEDIATE");
            using var into = new SalvageTarget(target, report, name => keys is null || keys.Holds(name));
            string damaged = Path.Combine(quarantine, "jobs.db");
            if (File.Exists(damaged) && !FirstPage.IsReadable(damaged))
                FirstPage.Replace(damaged);
            TryCopy(damaged, into, fromBackup: false);
            string backup = Path.Combine(data.Backup, "jobs.db");
            if (File.Exists(backup))
                TryCopy(backup, into, fromBackup: true);
            into.ListLost();
            Database.Execute(target, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);");
        }

        File.Move(made, data.Jobs);
        DirectoryHandle.Flush(data.Path);
        File.Delete(Path.Combine(quarantine, Unfinished));
        return report;
    }

    private static void TryCopy(string path, SalvageTarget target, bool fromBackup)
    {
        try
        {
            using var source = Open(path);
            target.AddKnown(Tolerate(() => KnownIds(source), []));
            // A copy may be from before there were keys.
            bool keyed = Tolerate(() => Database.ScalarOf(source, $"SELECT COUNT(*) FROM pragma_table_info('jobs') WHERE name='{JobRow.Key}'"), 1) > 0;
            string columns = keyed ? JobRow.Columns : JobRow.Columns.Replace(JobRow.Key, "0", StringComparison.Ordinal);
            foreach (var job in Rows(source, "jobs", "seq", columns, r => (Job: JobRow.Read(r, out bool intact), Intact: intact)))
            {
                if (job.Value.Intact)
                    target.Add(job.Value.Job, part => Payload(source, job.Value.Job, part), fromBackup);
            }

            SalvageKeys.Copy(Rows(source, "keys", "number", "number,owner,key,body,id,sum", SalvageKeys.Read), SalvageKeys.Names(source), target);
            target.AtLeastEvent(Tolerate(() => Database.ScalarOf(source, "SELECT value FROM counters WHERE name='events'"), 0));
        }
        catch (SqliteException)
        {
            // Not even the schema can be read: the copy, if there is one, has to do.
        }
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }

    private static List<JobId> KnownIds(SqliteConnection source)
    {
        // The index alone: it knows of rows whose own page cannot be read.
        using var command = source.CreateCommand();
        command.CommandText = "SELECT id FROM jobs INDEXED BY jobs_id";
        using var reader = command.ExecuteReader();
        var ids = new List<JobId>();
        while (reader.Read())
        {
            if (reader.GetFieldValue<byte[]>(0) is { Length: 16 } id)
                ids.Add(JobId.From(id));
        }

        return ids;
    }

    /// <param name="source">The damaged database.</param>
    /// <param name="table">Its table.</param>
    /// <param name="number">The table's row number.</param>
    /// <param name="columns">The row number first.</param>
    /// <param name="read">Reads a row.</param>
    /// <summary>Every row that can be reached: on from the last one, and number by number where that fails.</summary>
    private static IEnumerable<(long Number, T Value)> Rows<T>(SqliteConnection source, string table, string number, string columns, Func<SqliteDataReader, T> read)
    {
        long last = -1;
        long probes = 0;
        long end = Tolerate(() => Database.ScalarOf(source, $"SELECT MAX({number}) FROM {table}"), long.MaxValue);
        while (last < end)
        {
            var rows = Next(source, $"SELECT {columns} FROM {table} NOT INDEXED WHERE {number}>{last} ORDER BY {number} LIMIT 64", read, out bool damaged);
            foreach (var row in rows)
            {
                last = row.Number;
                yield return row;
            }

            if (!damaged && rows.Count == 0)
                yield break;
            if (!damaged)
                continue;
            if (probes++ > MostProbes)
                yield break;
            // Past the unreadable one.
            last++;
            foreach (var row in Next(source, $"SELECT {columns} FROM {table} NOT INDEXED WHERE {number}={last}", read, out _))
                yield return row;
        }
    }

    private static List<(long Number, T Value)> Next<T>(SqliteConnection source, string sql, Func<SqliteDataReader, T> read, out bool damaged)
    {
        var rows = new List<(long, T)>();
        damaged = false;
        try
        {
            using var command = source.CreateCommand();
            command.CommandText = sql;
            using var reader = command.ExecuteReader();
            while (reader.Read())
                rows.Add((reader.GetInt64(0), read(reader)));
        }
        catch (Exception e) when (e is SqliteException || SqliteErrors.IsNonsense(e))
        {
            damaged = true;
        }

        return rows;
    }

    private static byte[]? Payload(SqliteConnection source, Job job, PayloadPart part)
    {
        try
        {
            using var command = source.CreateCommand();
            command.CommandText = $"SELECT envelope FROM payloads WHERE number={JobSession.Number(job, part)}";
            return command.ExecuteScalar() as byte[];
        }
        catch (SqliteException)
        {
            return null;
        }
    }

    private static T Tolerate<T>(Func<T> ask, T otherwise)
    {
        try
        {
            return ask();
        }
        catch (Exception e) when (e is SqliteException || SqliteErrors.IsNonsense(e))
        {
            return otherwise;
        }
    }

    private static int NumberOf(string directory) => int.TryParse(Path.GetFileName(directory), out int number) ? number : 0;
}
