using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Sessions;

namespace EdgeServe.Tests.Engine.Inference;

/// <summary>A served model that never runs: for what happens before and after.</summary>
internal static class StubModel
{
    public static ServedModel Create(TensorMemoryPool pool, TensorType type, int rank = 2, int maxBatchSize = 0)
    {
        long[] shape = [.. Enumerable.Repeat(-1L, rank)];
        var session = new NoSession(new ModelSignature([new TensorSpec("input", type, shape)], [new TensorSpec("output", type, shape)]));
        var key = new ModelVersionKey("stub", 1);
        var definition = new ModelDefinition();
        var statistics = new ModelStatistics(key, TimeProvider.System);
        var scheduler = new ModelScheduler(session, definition, maxBatchSize, new SchedulerOptions(), statistics, pool, TimeProvider.System);
        return new ServedModel(key, definition, maxBatchSize, session, scheduler, statistics, new Dictionary<string, string[]>(), 0, "none.onnx");
    }

    /// <summary>A request on the model, with a lease of its own.</summary>
    public static InferRequest Request(ServedModel model)
    {
        model.Retain();
        return new InferRequest(model);
    }

    private sealed class NoSession(ModelSignature signature) : ISession
    {
        public ModelSignature Signature => signature;

        public string Provider => "cpu";

        public string? ProviderNote => null;

        public SessionRun RentRun() => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
