using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Sessions;

namespace EdgeServe.Tests.Engine.Inference;

/// <summary>A session whose runs wait until the test lets them go. Answers its input, rows in order.</summary>
internal sealed class FakeSession(TensorMemoryPool pool) : ISession
{
    private readonly SemaphoreSlim _started = new(0);
    private readonly SemaphoreSlim _mayEnd = new(0);

    public ModelSignature Signature { get; } = new(
        [new TensorSpec("x", TensorType.Int32, [-1, 1])],
        [new TensorSpec("y", TensorType.Int32, [-1, 1])]);

    public string Provider => "cpu";

    public string? ProviderNote => null;

    /// <summary>First column of each run, in the order of the runs.</summary>
    public List<int[]> Runs { get; } = [];

    /// <summary>A run of more rows than this fails.</summary>
    public int MaxRows { get; set; } = int.MaxValue;

    public bool Terminated { get; private set; }

    /// <summary>Runs need not wait.</summary>
    public bool IsOpen { get; set; }

    public SessionRun RentRun() => new FakeRun(this, pool);

    public void Dispose()
    {
    }

    /// <summary>Completes when a run has begun.</summary>
    public Task StartedAsync() => _started.WaitAsync(TestContext.Current.CancellationToken);

    public void LetEnd(int runs = 1) => _mayEnd.Release(runs);

    private sealed class FakeRun(FakeSession session, TensorMemoryPool pool) : SessionRun
    {
        private readonly CancellationTokenSource _stop = new();

        public override unsafe RunOutputs Run(IReadOnlyList<Tensor> inputs, string[] outputNames)
        {
            int rows = (int)inputs[0].Shape[0];
            var values = new ReadOnlySpan<int>((void*)inputs[0].Memory.Pointer, rows).ToArray();
            lock (session.Runs)
                session.Runs.Add(values);
            session._started.Release();
            try
            {
                if (!session.IsOpen)
                    session._mayEnd.Wait(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                throw new ServingException(ServingError.RunFailed, "terminated");
            }

            if (rows > session.MaxRows)
                throw new ServingException(ServingError.RunFailed, "too many rows");
            var memory = pool.Rent(rows * sizeof(int));
            values.CopyTo(new Span<int>((void*)memory.Pointer, rows));
            return new RunOutputs([new OutputTensor("y", TensorType.Int32, [rows, 1], memory.Pointer, rows * sizeof(int))], new Owner(memory));
        }

        public override void Terminate()
        {
            session.Terminated = true;
            _stop.Cancel();
        }

        public override void Dispose() => _stop.Dispose();
    }

    private sealed class Owner(TensorMemory memory) : IDisposable
    {
        public void Dispose() => memory.Release();
    }
}
