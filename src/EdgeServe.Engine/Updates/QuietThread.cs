using EdgeServe.Engine.Inference;

namespace EdgeServe.Engine.Updates;

/// <summary>
/// Asynchronous work on one thread of low OS priority, all its continuations included: copying and hashing a release must
/// not take a thread or a core from requests, and on the .NET pool of a two-core board it takes both.
/// </summary>
internal static class QuietThread
{
    private const int Nice = 10;

    /// <summary>Completes when the work has; what it throws is thrown here.</summary>
    public static Task RunAsync(string name, Func<Task> work)
    {
        var loop = new Loop();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        InferenceThread.Start(name, Nice, () => ended.SetFromTask(loop.Run(work)));
        return ended.Task;
    }

    private sealed class Loop : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();
        private bool _ended;

        public override void Post(SendOrPostCallback d, object? state)
        {
            lock (_posted)
            {
                if (!_ended)
                {
                    _posted.Enqueue((d, state));
                    Monitor.Pulse(_posted);
                    return;
                }
            }

            base.Post(d, state);
        }

        /// <returns>The work's task, completed.</returns>
        public Task Run(Func<Task> work)
        {
            SetSynchronizationContext(this);
            var task = BeginAsync(work);
            task.GetAwaiter().OnCompleted(() => { });
            while (!task.IsCompleted)
            {
                var (callback, state) = Next();
                callback(state);
            }

            lock (_posted)
                _ended = true;
            // What is left waits for nothing of this work.
            foreach (var (callback, state) in _posted)
                base.Post(callback, state);
            return task;
        }

        /// <summary>What the work throws at once is its outcome too.</summary>
        private static async Task BeginAsync(Func<Task> work) => await work();

        private (SendOrPostCallback Callback, object? State) Next()
        {
            lock (_posted)
            {
                while (_posted.Count == 0)
                    Monitor.Wait(_posted);
                return _posted.Dequeue();
            }
        }
    }
}
