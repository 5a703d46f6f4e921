namespace EdgeServe.Engine.Jobs;

/// <summary>A wait for a job's next change. Dispose it: nobody may be left behind in the list.</summary>
public sealed class JobWait(Task changed, Action forget) : IDisposable
{
    public Task Changed => changed;

    public void Dispose() => forget();
}
