using System.Threading.Channels;

namespace EdgeServe.Engine.Jobs;

/// <summary>Tells who waits that a job changed, after the commit that changed it.</summary>
public sealed class JobEvents
{
    private const int MostUnread = 1024;
    private readonly Lock _gate = new();
    private readonly Dictionary<JobId, List<TaskCompletionSource>> _waiting = [];
    private readonly List<(string Owner, Channel<Job> Channel)> _listeners = [];

    /// <summary>Completes at the job's next change. Ask before reading the row, so that no change falls between.</summary>
    public JobWait Next(JobId id)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (!_waiting.TryGetValue(id, out var sources))
                _waiting[id] = sources = [];
            sources.Add(source);
        }

        return new JobWait(source.Task, () => Forget(id, source));
    }

    /// <summary>Every change of this owner's jobs from now on. A listener that does not keep up is closed: it resumes by event number.</summary>
    public (ChannelReader<Job> Changes, Action Stop) Listen(string owner)
    {
        var channel = Channel.CreateBounded<Job>(new BoundedChannelOptions(MostUnread) { SingleReader = true });
        lock (_gate)
            _listeners.Add((owner, channel));
        return (channel.Reader, () => Remove(channel));
    }

    internal void Publish(IReadOnlyList<JobChange> changes)
    {
        lock (_gate)
        {
            foreach (var (before, after) in changes)
            {
                var job = after ?? before!;
                if (_waiting.Remove(job.Id, out var sources))
                    sources.ForEach(s => s.TrySetResult());
                if (after is null || before?.State == after.State)
                    continue;
                foreach (var (owner, channel) in _listeners)
                {
                    if (owner == after.Owner && !channel.Writer.TryWrite(after))
                        channel.Writer.TryComplete();
                }
            }
        }
    }

    private void Forget(JobId id, TaskCompletionSource source)
    {
        lock (_gate)
        {
            if (_waiting.TryGetValue(id, out var sources) && sources.Remove(source) && sources.Count == 0)
                _waiting.Remove(id);
        }
    }

    private void Remove(Channel<Job> channel)
    {
        lock (_gate)
            _listeners.RemoveAll(l => l.Channel == channel);
    }
}
