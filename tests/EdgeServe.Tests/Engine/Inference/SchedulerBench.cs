using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Inference;

/// <summary>A model on a fake session and a fake clock: one instance, so that the second request waits.</summary>
internal sealed class SchedulerBench : IDisposable
{
    public SchedulerBench(DynamicBatching? batching = null, int maxQueueSize = 16, int maxBatchSize = 8, RunThrottle? throttle = null)
    {
        Session = new FakeSession(Pool);
        var key = new ModelVersionKey("fake", 1);
        Statistics = new ModelStatistics(key, Time);
        var definition = new ModelDefinition { Instances = 1, DynamicBatching = batching, Queue = new QueueDefinition { MaxSize = maxQueueSize } };
        var scheduler = new ModelScheduler(Session, definition, maxBatchSize, new SchedulerOptions { InlineThreshold = TimeSpan.Zero, InferenceNice = 0, Throttle = throttle ?? new() }, Statistics, Pool, Time);
        Model = new ServedModel(key, definition, maxBatchSize, Session, scheduler, Statistics, new Dictionary<string, string[]>(), 0, "none.onnx");
    }

    public FakeTimeProvider Time { get; } = new();

    public TensorMemoryPool Pool { get; } = new();

    public FakeSession Session { get; }

    public ModelStatistics Statistics { get; }

    public ServedModel Model { get; }

    /// <summary>Submits a request of the given rows; the result is the answer's rows.</summary>
    public Task<int[]> SubmitAsync(int[] rows, uint priority = 0, ulong timeout = 0, CancellationToken? client = null, string owner = "")
    {
        Model.Retain();
        var request = new InferRequest(Model) { Owner = owner, Priority = priority, TimeoutMicroseconds = timeout };
        request.Inputs.Add(Tensor(rows));
        RequestRules.Check(request);
        // The queue is entered before this returns.
        var running = Model.Scheduler.RunAsync(request, client ?? CancellationToken.None);
        return ReadAsync(request, running.AsTask());
    }

    public void Dispose()
    {
        Session.IsOpen = true;
        Session.LetEnd(1000);
        Model.Release();
        Pool.Dispose();
    }

    private static async Task<int[]> ReadAsync(InferRequest request, Task<RunOutputs> running)
    {
        using (request)
        {
            var outputs = await running;
            int[] rows = Values(outputs.Tensors[0]);
            outputs.Release();
            return rows;
        }
    }

    private static unsafe int[] Values(OutputTensor tensor) => new ReadOnlySpan<int>((void*)tensor.Pointer, (int)(tensor.ByteLength / sizeof(int))).ToArray();

    private unsafe Tensor Tensor(int[] rows)
    {
        var memory = Pool.Rent(rows.Length * sizeof(int));
        rows.CopyTo(new Span<int>((void*)memory.Pointer, rows.Length));
        return new Tensor("x", TensorType.Int32, [rows.Length, 1], memory, rows.Length * sizeof(int));
    }
}
