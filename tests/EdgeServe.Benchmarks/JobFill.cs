using System.Text;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Benchmarks;

/// <summary>A data directory with a past: so many jobs done, so many waiting, closed cleanly.</summary>
internal static class JobFill
{
    private const string Body = """{"inputs":[{"name":"features","shape":[1,30],"datatype":"FP32","data":[1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,1,2,3]}]}""";
    private const string Answer = """{"model_name":"breast-cancer","model_version":"1","outputs":[]}""";

    public static void Write(string directory, int finished, int waiting)
    {
        var data = new DataDirectory(directory);
        data.Take();
        using var keys = new JobKeys(data.JobKeys, data.Device, null, NullLogger.Instance);
        keys.Open();
        var files = new PayloadFiles(data.Payloads, keys);
        using (var session = new JobSession(Database.OpenWriter(data.Jobs, JobStorage.Migrations), _ => { }, keys.Erase))
        {
            session.Begin();
            for (int i = 0; i < finished + waiting; i++)
                Add(session, files, i, done: i < finished);
            session.Commit();
        }

        data.Dispose();
    }

    private static void Add(JobSession session, PayloadFiles files, int i, bool done)
    {
        var job = new Job { Id = JobId.Make(i), Owner = "local", Model = "breast-cancer", AcceptedVersion = 1, Priority = 5, Accepted = new JobMoment(1_800_000_000_000, ClockQuality.Free) };
        job = session.Add(job, Store(files, job, PayloadPart.Request, Body));
        if (!done)
            return;
        var answer = Store(files, job, PayloadPart.Result, Answer);
        session.PutPayload(job, PayloadPart.Result, answer.Envelope!);
        session.DeletePayload(job, PayloadPart.Request);
        session.Update(job, job with { State = JobState.Succeeded, Attempts = 1, Request = PayloadPlace.None, Result = answer.Place, ResultBytes = answer.Bytes, Finished = job.Accepted, RunVersion = 1 });
    }

    private static StoredPayload Store(PayloadFiles files, Job job, PayloadPart part, string text)
    {
        using var writer = files.Create(job.Id, part, -1, job.Key);
        writer.Write(Encoding.UTF8.GetBytes(text));
        return writer.Complete();
    }
}
