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
            request.Model.Statistics.Failed(e.Error, time.GetElapsedTime(start));
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
            request.Model.Statistics.Failed(e.Error, time.GetElapsedTime(start));
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
            request.Model.Statistics.Failed(e.Error, time.GetElapsedTime(start));
            throw;
        }
    }

    private InferResponse Answer(InferRequest request, RunOutputs outputs)
    {
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
