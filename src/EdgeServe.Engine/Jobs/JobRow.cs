using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeServe.Engine.Jobs;

/// <summary>A <see cref="Job"/> to and from its columns.</summary>
internal static class JobRow
{
    public const string Columns =
        "seq,id,owner,state,event,priority,model,version,accepted_version,attempts,deaths,due_ms,not_after_ms,changed_ms,"
        + "accepted_at,started_at,finished_at,clocks,request_bytes,result_bytes,places,acknowledged,run_version,digest,error," + Key + ",sum";

    /// <summary>The column that databases from before there were keys do not have.</summary>
    public const string Key = "payload_key";

    public static SqlValue[] Values(Job job) =>
    [
        job.Seq, job.Id.ToBytes(), job.Owner, (int)job.State, job.Event, job.Priority, job.Model, job.Version, job.AcceptedVersion, job.Attempts, job.Deaths,
        job.DueMs, job.NotAfterMs, job.ChangedMs, job.Accepted.UnixMs, job.Started.UnixMs, job.Finished.UnixMs, job.Clocks, job.RequestBytes, job.ResultBytes,
        job.Places, job.Acknowledged ? 1 : 0, job.RunVersion, job.Digest, job.Failure?.ToText() ?? "", job.Key.Value, job.Checksum(),
    ];

    /// <param name="row">Positioned, with <see cref="Columns"/>.</param>
    /// <param name="intact">Does the row match its checksum?</param>
    public static Job Read(SqliteDataReader row, out bool intact)
    {
        int clocks = row.GetInt32(17);
        int places = row.GetInt32(20);
        var job = new Job
        {
            Seq = row.GetInt64(0),
            Id = JobId.From(Sixteen(row.GetFieldValue<byte[]>(1))),
            Owner = row.GetString(2),
            State = (JobState)row.GetInt32(3),
            Event = row.GetInt64(4),
            Priority = row.GetInt32(5),
            Model = row.GetString(6),
            Version = row.GetInt64(7),
            AcceptedVersion = row.GetInt64(8),
            Attempts = row.GetInt32(9),
            Deaths = row.GetInt32(10),
            DueMs = row.GetInt64(11),
            NotAfterMs = row.GetInt64(12),
            ChangedMs = row.GetInt64(13),
            Accepted = new JobMoment(row.GetInt64(14), (ClockQuality)(clocks & 15)),
            Started = new JobMoment(row.GetInt64(15), (ClockQuality)((clocks >> 4) & 15)),
            Finished = new JobMoment(row.GetInt64(16), (ClockQuality)((clocks >> 8) & 15)),
            RequestBytes = row.GetInt64(18),
            ResultBytes = row.GetInt64(19),
            Request = (PayloadPlace)(places & 15),
            Result = (PayloadPlace)((places >> 4) & 15),
            Acknowledged = row.GetInt64(21) != 0,
            RunVersion = row.GetInt64(22),
            Digest = row.GetString(23),
            Failure = JobFailure.Parse(row.GetString(24)),
            Key = new KeyRef(row.GetInt64(25)),
        };
        intact = job.Checksum() == row.GetInt64(26);
        return job;
    }

    /// <summary>Reads a row whose damage is an error.</summary>
    /// <exception cref="SqliteException">Corruption: the storage salvages what it can.</exception>
    public static Job ReadIntact(SqliteDataReader row)
    {
        try
        {
            var job = Read(row, out bool intact);
            return intact ? job : throw SqliteErrors.Damaged($"job {job.Id}");
        }
        catch (Exception e) when (SqliteErrors.IsNonsense(e))
        {
            throw SqliteErrors.Damaged("a job");
        }
    }

    private static byte[] Sixteen(byte[] id) => id.Length == 16 ? id : throw SqliteErrors.Damaged("a job's id");
}
