using EdgeServe.Engine.Sessions;

namespace EdgeServe.Engine.Inference;

/// <summary>Runs what the scheduler picked: one request as it is, several as one batch whose answers are views into one output.</summary>
internal sealed class BatchRunner(ISession session, ModelStatistics statistics, RunEstimate estimate, TensorMemoryPool pool, TimeProvider time)
{
    /// <summary>Can the two run together? Same types, same shapes behind the batch dimension, same outputs.</summary>
    public static bool CanJoin(WorkItem a, WorkItem b)
    {
        if (!ReferenceEquals(a.Request.OutputNames, b.Request.OutputNames) && !a.Request.OutputNames.AsSpan().SequenceEqual(b.Request.OutputNames))
            return false;
        for (int i = 0; i < a.Inputs.Length; i++)
        {
            if (!a.Inputs[i].Shape.AsSpan(1).SequenceEqual(b.Inputs[i].Shape.AsSpan(1)))
                return false;
        }

        return true;
    }

    /// <summary>Runs on the calling thread, without a queue entry: the path of short models.</summary>
    public RunOutputs RunInline(InferRequest request)
    {
        long start = time.GetTimestamp();
        using var run = session.RentRun();
        var outputs = run.Run(request.Inputs, request.OutputNames);
        long nanoseconds = Nanoseconds(start, time.GetTimestamp());
        estimate.Observe(nanoseconds, request.InputBytes);
        statistics.Executed(request.BatchSize, nanoseconds, 0, 0);
        statistics.Succeeded(request.BatchSize, queue: 0, compute: nanoseconds);
        request.ComputeNanoseconds = nanoseconds;
        return outputs;
    }

    public void Run(List<WorkItem> items)
    {
        if (items.Count == 1)
            RunOne(items[0]);
        else
            RunTogether(items);
    }

    /// <param name="item">Completed when this returns, one way or the other.</param>
    /// <param name="background">Where the engine runs; null: on the calling thread.</param>
    public void RunOne(WorkItem item, BackgroundThread? background = null)
    {
        using var run = session.RentRun();
        if (!item.TryHold(run))
            return;
        long start = time.GetTimestamp();
        try
        {
            var outputs = background is null ? run.Run(item.Inputs, item.Request.OutputNames) : background.Run(run, item.Inputs, item.Request.OutputNames);
            long nanoseconds = Nanoseconds(start, time.GetTimestamp());
            // What a thread of the lowest priority took says nothing about the others.
            if (background is null)
                estimate.Observe(nanoseconds, item.Request.InputBytes);
            statistics.Executed(item.Request.BatchSize, nanoseconds, 0, 0);
            Complete(item, outputs, start, nanoseconds);
        }
        catch (Exception e)
        {
            item.TryFail(e);
        }
        finally
        {
            item.Unhold();
        }
    }

    private void Complete(WorkItem item, RunOutputs outputs, long start, long nanoseconds)
    {
        long queue = Nanoseconds(item.Enqueued, start);
        // Before it is completed: whoever waits for it reads them.
        item.Request.QueueNanoseconds = queue;
        item.Request.ComputeNanoseconds = nanoseconds;
        if (item.TryComplete(outputs))
            statistics.Succeeded(item.Request.BatchSize, queue, nanoseconds);
        else
            outputs.Release();
    }

    private void RunTogether(List<WorkItem> items)
    {
        items.RemoveAll(i => !i.TryHold(null));
        try
        {
            if (items.Count == 0 || TryRunBatch(items))
                return;
        }
        finally
        {
            items.ForEach(i => i.Unhold());
        }

        // One request may have spoiled the batch for all: each gets a run of its own and its own error.
        foreach (var item in items)
            RunOne(item);
    }

    private bool TryRunBatch(List<WorkItem> items)
    {
        long start = time.GetTimestamp();
        List<Tensor>? inputs = null;
        try
        {
            inputs = BatchTensors.Gather(items, pool);
            long gathered = time.GetTimestamp();
            using var run = session.RentRun();
            var outputs = run.Run(inputs, items[0].Request.OutputNames);
            long ran = time.GetTimestamp();
            var slices = BatchTensors.Scatter(outputs, items);
            if (slices is null)
            {
                outputs.Release();
                return false;
            }

            long compute = Nanoseconds(gathered, ran);
            estimate.Observe(compute / items.Count, items.Sum(i => i.Request.InputBytes) / items.Count);
            statistics.Executed(items.Sum(i => i.Request.BatchSize), compute, Nanoseconds(start, gathered), Nanoseconds(ran, time.GetTimestamp()));
            for (int i = 0; i < items.Count; i++)
                Complete(items[i], slices[i], start, compute);
            return true;
        }
        catch (ServingException)
        {
            return false;
        }
        finally
        {
            inputs?.ForEach(t => t.Memory.Release());
        }
    }

    private long Nanoseconds(long from, long to) => (long)time.GetElapsedTime(from, to).TotalNanoseconds;
}
