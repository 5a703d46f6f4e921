using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Bare;

/// <summary>The rows of a durable job, inserted by the plain library: one to a commit, ten to a commit; and what one fsync takes.</summary>
internal static class BareInserts
{
    private const int PageBytes = 4096;
    // What the product stores with a sealed request.
    private const int EnvelopeBytes = 72;

    public static int Measure(string directory, double seconds, int requestBytes)
    {
        Directory.CreateDirectory(directory);
        double fsync = Fsync(Path.Combine(directory, "fsync"), seconds / 3);
        double one = Rate(Path.Combine(directory, "one.db"), 1, requestBytes, seconds / 3);
        double ten = Rate(Path.Combine(directory, "ten.db"), 10, requestBytes, seconds / 3);
        Console.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{{\"one\":{one:F1},\"ten\":{ten:F1},\"fsync_ms\":{fsync:F3}}}"));
        return 0;
    }

    private static double Fsync(string path, double seconds)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
        var took = new List<double>();
        byte[] page = new byte[PageBytes];
        var total = Stopwatch.StartNew();
        for (long at = 0; total.Elapsed.TotalSeconds < seconds; at += PageBytes)
        {
            RandomAccess.Write(file, page, at);
            long start = Stopwatch.GetTimestamp();
            RandomAccess.FlushToDisk(file);
            took.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        took.Sort();
        return took[took.Count / 2];
    }

    private static double Rate(string path, int rowsInCommit, int requestBytes, double seconds)
    {
        foreach (string suffix in new[] { "", "-wal", "-shm" })
            File.Delete(path + suffix);
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        foreach (string script in typeof(BareInserts).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var schema = new StreamReader(typeof(BareInserts).Assembly.GetManifestResourceStream(script)!);
            Execute(connection, schema.ReadToEnd());
        }

        using var job = Command(connection, $"INSERT INTO jobs VALUES ({string.Join(',', Enumerable.Range(1, 27).Select(i => "?" + i))})", 27);
        using var payload = Command(connection, "INSERT INTO payloads VALUES (?1,?2)", 2);
        byte[] envelope = new byte[requestBytes + EnvelopeBytes];
        var watch = Stopwatch.StartNew();
        long row = 0;
        while (watch.Elapsed.TotalSeconds < seconds)
        {
            Execute(connection, "BEGIN IMMEDIATE");
            for (int i = 0; i < rowsInCommit; i++)
            {
                row++;
                object[] values =
                [
                    row, Guid.CreateVersion7().ToByteArray(bigEndian: true), "local", 0, row, 5, "breast-cancer", 0, 1, 0, 0, 100_000L, 0L, 100_000L,
                    1_800_000_000_000L, 0L, 0L, 1, requestBytes, 0, 1, 0, 0, "", "", long.MaxValue - row, row << 32,
                ];
                for (int p = 0; p < values.Length; p++)
                    job.Parameters[p].Value = values[p];
                job.ExecuteNonQuery();
                payload.Parameters[0].Value = row * 2;
                payload.Parameters[1].Value = envelope;
                payload.ExecuteNonQuery();
            }

            Execute(connection, "COMMIT");
        }

        return row / watch.Elapsed.TotalSeconds;
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, int parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (int i = 1; i <= parameters; i++)
            command.Parameters.Add(new SqliteParameter { ParameterName = "?" + i });
        return command;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
