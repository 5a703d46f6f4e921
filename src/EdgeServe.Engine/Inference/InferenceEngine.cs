using EdgeServe.Engine.Models;

namespace EdgeServe.Engine.Inference;

/// <summary>
/// The infer flow from a parsed request on: 3 queue room and deadline, 4 scheduler, 5 lease, 6 run, 8 measured once.
/// Steps 1, 2 and 7 belong to the shell that owns the wire.
/// </summary>
public sealed class InferenceEngine(ModelCatalog catalog, TensorMemoryPool memory, TimeProvider time)
{
    public ModelCatalog Catalog => catalog;

    public TensorMemoryPool Memory => memory;

    /// <summary>Where requests are noted for whoever listens; null: nobody does.</summary>
    internal RunLog? Log { get; set; }

    /// <summary>Runs the request. The caller disposes the response, then the request.</summary>
    /// <exception cref="ServingException">Counted as a failure of the model.</exception>
    public ValueTask<InferResponse> InferAsync(InferRequest request, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        try
        {
            RequestRules.Check(request);
            var running = request.Model.Scheduler.RunAsync(request, cancellation);
            return running.IsCompletedSuccessfully
                ? new ValueTask<InferResponse>(Answer(request, running.Result))
                : AwaitAsync(request, running, start);
        }
        catch (ServingException e)
        {
            Fail(request, e.Error, start);
            throw;
        }
    }

    /// <summary>Runs the request on a thread of the lowest priority, beside the queue. The caller disposes the response, then the request.</summary>
    /// <exception cref="ServingException">Counted as a failure of the model.</exception>
    internal InferResponse InferBehind(InferRequest request, BackgroundThread background, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        try
        {
            RequestRules.Check(request);
            return Answer(request, request.Model.Scheduler.RunBehind(request, background, cancellation));
        }
        catch (ServingException e)
        {
            Fail(request, e.Error, start);
            throw;
        }
    }

    private async ValueTask<InferResponse> AwaitAsync(InferRequest request, ValueTask<RunOutputs> running, long start)
    {
        try
        {
            return Answer(request, await running);
        }
        catch (ServingException e)
        {
            Fail(request, e.Error, start);
            throw;
        }
    }

    private void Fail(InferRequest request, ServingError error, long start)
    {
        var after = time.GetElapsedTime(start);
        request.Model.Statistics.Failed(error, after);
        if (Log is { HasRoom: true } log)
            log.Add(new RunRecord { Model = request.Model, At = time.GetTimestamp(), Rows = request.BatchSize, Error = error, IsError = true, QueueNanoseconds = (long)after.TotalNanoseconds });
    }

    /// <summary>Step 8: noted for whoever listens, where a slot is free; the statistics count every one.</summary>
    private void Note(InferRequest request, RunOutputs outputs)
    {
        if (request.IsTrial || Log is not { HasRoom: true } log)
            return;
        var record = new RunRecord
        {
            Model = request.Model,
            At = time.GetTimestamp(),
            Rows = request.BatchSize,
            QueueNanoseconds = request.QueueNanoseconds,
            ComputeNanoseconds = request.ComputeNanoseconds,
            Answer = -1,
        };
        if (request.Model.Definition.Telemetry.Answer is { } output && request.BatchSize == 1)
            (record.Answer, record.Confidence) = TopAnswer.Of(outputs.Tensors, output);
        log.Add(record);
    }

    private InferResponse Answer(InferRequest request, RunOutputs outputs)
    {
        Note(request, outputs);
        if (!request.IsTrial)
            request.Model.Answered?.Invoke(request, outputs.Tensors);
        foreach (var requested in request.Outputs)
        {
            if (requested.Classification > 0)
                return Classification.Apply(request, outputs, memory);
        }

        return new InferResponse(request, outputs.Tensors, outputs, []);
    }
}
