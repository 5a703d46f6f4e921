using System.Collections.Concurrent;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Jobs;

/// <summary>Reading connections, opened when needed and kept for the next caller.</summary>
internal sealed class JobReaders(string path, Action<int> damaged) : IDisposable
{
    private const int MostKept = 4;
    private readonly ConcurrentBag<(JobReader Reader, int Generation)> _free = [];
    private int _generation;

    /// <summary>Rises when the files are replaced.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <exception cref="StorageException">The database cannot be read now.</exception>
    public T Read<T>(Func<JobReader, T> read)
    {
        int generation = Generation;
        JobReader? reader = null;
        try
        {
            reader = Take(generation);
            var result = read(reader);
            Return(reader, generation);
            reader = null;
            return result;
        }
        catch (SqliteException e)
        {
            if (SqliteErrors.IsCorruption(e))
                damaged(generation);
            throw SqliteErrors.Describe(e);
        }
        catch (Exception e) when (SqliteErrors.IsNonsense(e))
        {
            damaged(generation);
            throw SqliteErrors.Describe(SqliteErrors.Damaged("a row"));
        }
        finally
        {
            reader?.Dispose();
        }
    }

    /// <summary>The files behind the connections were replaced.</summary>
    public void Renew()
    {
        Interlocked.Increment(ref _generation);
        while (_free.TryTake(out var free))
            free.Reader.Dispose();
    }

    public void Dispose() => Renew();

    private JobReader Take(int generation)
    {
        while (_free.TryTake(out var free))
        {
            if (free.Generation == generation)
                return free.Reader;
            free.Reader.Dispose();
        }

        return new JobReader(path);
    }

    private void Return(JobReader reader, int generation)
    {
        if (generation == Generation && _free.Count < MostKept)
            _free.Add((reader, generation));
        else
            reader.Dispose();
    }
}
