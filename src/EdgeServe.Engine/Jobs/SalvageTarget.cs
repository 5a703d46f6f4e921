using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Jobs;

/// <summary>The new database of a salvage.</summary>
/// <param name="connection">To it.</param>
/// <param name="report">What became of what.</param>
/// <param name="isThere">Is there a key of that name?</param>
internal sealed class SalvageTarget(SqliteConnection connection, SalvageReport report, Func<KeyRef, bool> isThere) : IDisposable
{
    private readonly Statement _insert = new(connection, $"INSERT OR IGNORE INTO jobs ({JobRow.Columns}) VALUES ({Placeholders})");
    private readonly Statement _payload = new(connection, "INSERT OR IGNORE INTO payloads (number,envelope) VALUES (?1,?2)");
    private readonly Statement _key = new(connection, "INSERT OR IGNORE INTO keys (owner,key,body,id,sum) VALUES (?1,?2,?3,?4,?5)");
    private readonly Statement _lost = new(connection, "INSERT OR REPLACE INTO lost (id,reason) VALUES (?1,?2)");
    private readonly Statement _event = new(connection, "UPDATE counters SET value=MAX(value,?1) WHERE name='events'");
    private readonly HashSet<JobId> _saved = [];
    private readonly HashSet<JobId> _known = [];
    private readonly HashSet<long> _numbers = [];
    private readonly HashSet<(string Owner, string Key)> _noted = [];

    private static string Placeholders => string.Join(',', Enumerable.Range(1, JobRow.Columns.Split(',').Length).Select(i => "?" + i));

    /// <summary>Jobs the damaged file knew of, whether their rows can be read or not.</summary>
    public void AddKnown(IEnumerable<JobId> ids) => _known.UnionWith(ids);

    public void Add(Job job, Func<PayloadPart, byte[]?> payload, bool fromBackup)
    {
        // A job the damaged file no longer knew was forgotten after the copy was made.
        if (_saved.Contains(job.Id) || (fromBackup && _known.Count > 0 && !_known.Contains(job.Id)))
            return;
        // So was one whose key was destroyed.
        if (fromBackup && !job.Key.IsNone && !isThere(job.Key))
            return;
        if (!_numbers.Add(job.Seq))
            return;
        var request = Take(job.Request, payload, PayloadPart.Request);
        var result = Take(job.Result, payload, PayloadPart.Result);
        if (job.IsPending && request is null && job.Request == PayloadPlace.Database)
        {
            job = job with { State = JobState.Failed, Request = PayloadPlace.None, Key = default, Failure = new JobFailure(JobFailure.PayloadDamaged, "its request was lost when the disk damaged the database") };
        }
        else if (job.State == JobState.Succeeded && result is null && job.Result == PayloadPlace.Database)
        {
            job = job with { State = JobState.Failed, Result = PayloadPlace.None, ResultBytes = 0, Key = default, Failure = new JobFailure(JobFailure.PayloadDamaged, "its result was lost when the disk damaged the database") };
        }

        _insert.Execute(JobRow.Values(job));
        Put(job, PayloadPart.Request, request);
        Put(job, PayloadPart.Result, result);
        AtLeastEvent(job.Event);
        _saved.Add(job.Id);
        report.Saved++;
        report.FromBackup += fromBackup ? 1 : 0;
    }

    /// <returns>Is it new?</returns>
    public bool AddKey(string owner, string key, byte[] body, JobId id)
    {
        byte[] bytes = id.ToBytes();
        return _key.Execute(owner, key, body, bytes, JobSession.KeySum(owner, key, body, bytes)) > 0;
    }

    /// <summary>A key of which only the name is left.</summary>
    public void NoteKey(string owner, string key) => _noted.Add((owner, key));

    public void AtLeastEvent(long number) => _event.Execute(number);

    /// <summary>Names what was there and could not be saved.</summary>
    public void ListLost()
    {
        foreach (var id in _known.Where(i => !_saved.Contains(i)))
        {
            const string reason = "the disk damaged its row";
            _lost.Execute(id.ToBytes(), reason);
            report.Lost.Add((id, reason));
        }

        // After the copy had its say: where the whole key is known, this is ignored.
        foreach (var (owner, key) in _noted)
            report.KeysInDoubt += AddKey(owner, key, JobKey.InDoubt, default) ? 1 : 0;
    }

    /// <summary>Statements first: a file with an open one is not closed.</summary>
    public void Dispose()
    {
        foreach (var statement in new[] { _insert, _payload, _key, _lost, _event })
            statement.Dispose();
    }

    private static byte[]? Take(PayloadPlace place, Func<PayloadPart, byte[]?> payload, PayloadPart part)
    {
        if (place != PayloadPlace.Database || payload(part) is not { } envelope)
            return null;
        try
        {
            PayloadFiles.Check(envelope);
            return envelope;
        }
        catch (PayloadDamagedException)
        {
            return null;
        }
    }

    private void Put(Job job, PayloadPart part, byte[]? envelope)
    {
        if (envelope is not null)
            _payload.Execute(JobSession.Number(job, part), envelope);
    }
}
