using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;
using EdgeServe.Engine.Sessions;

namespace EdgeServe.Engine.Models;

/// <summary>
/// A loaded model version. Alive while anyone holds a lease: the catalog holds one, every request another. Step 5 of the
/// infer flow: a swap takes the catalog's lease away, and the last request to finish closes the session.
/// </summary>
public sealed class ServedModel
{
    private readonly ISession _session;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<string> _digest;
    private volatile KnownHeader? _knownHeader;
    private int _leases = 1;
    private long _lastUsed;

    internal ServedModel(ModelVersionKey key, ModelDefinition definition, int maxBatchSize, ISession session, ModelScheduler scheduler,
        ModelStatistics statistics, IReadOnlyDictionary<string, string[]> labels, long memoryBytes, string modelPath)
    {
        Key = key;
        Definition = definition;
        MaxBatchSize = maxBatchSize;
        _session = session;
        Scheduler = scheduler;
        Statistics = statistics;
        Labels = labels;
        MemoryBytes = memoryBytes;
        _digest = ModelDigest.Of(modelPath);
    }

    public ModelVersionKey Key { get; }

    /// <summary>SHA-256 of the graph, made when first asked for; empty when the file has changed since it was loaded.</summary>
    public string Digest => _digest.Value;

    public ModelDefinition Definition { get; }

    /// <summary>Largest first dimension of a request; 0 for a model without a batch dimension.</summary>
    public int MaxBatchSize { get; }

    public ModelSignature Signature => _session.Signature;

    public string Provider => _session.Provider;

    /// <summary>Why a preferred execution provider is not in use; null when the first choice is.</summary>
    public string? ProviderNote => _session.ProviderNote;

    public ModelStatistics Statistics { get; }

    /// <summary>Output name to its classes' labels.</summary>
    public IReadOnlyDictionary<string, string[]> Labels { get; }

    /// <summary>What this version counts against the model memory budget.</summary>
    public long MemoryBytes { get; }

    internal ModelScheduler Scheduler { get; }

    /// <summary>What the last binary request's header said.</summary>
    internal KnownHeader? KnownHeader
    {
        get => _knownHeader;
        set => _knownHeader = value;
    }

    /// <summary>
    /// Called with each answered request of a client and all outputs of its run, both good only during the call, on the
    /// thread that answers: it must be quick, never wait and never throw. Null: nobody listens.
    /// </summary>
    internal Action<InferRequest, OutputTensor[]>? Answered { get; set; }

    /// <summary>Requests waiting for an instance and runs in progress.</summary>
    public int Pending => Scheduler.Waiting + Scheduler.Active;

    /// <summary>When a lease was last taken, in the monotonic clock's ticks.</summary>
    internal long LastUsed => Volatile.Read(ref _lastUsed);

    internal bool IsLeased => Volatile.Read(ref _leases) > 1;

    /// <summary>Completes when the session is closed.</summary>
    internal Task Closed => _closed.Task;

    /// <returns>False when this version is closing: look it up again.</returns>
    internal bool TryLease(long now)
    {
        Volatile.Write(ref _lastUsed, now);
        int leases = Volatile.Read(ref _leases);
        while (leases > 0)
        {
            int seen = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (seen == leases)
                return true;
            leases = seen;
        }

        return false;
    }

    /// <summary>One lease more, for a holder of one.</summary>
    internal void Retain() => Interlocked.Increment(ref _leases);

    internal void Release()
    {
        if (Interlocked.Decrement(ref _leases) != 0)
            return;
        Scheduler.Dispose();
        _session.Dispose();
        _closed.SetResult();
    }
}
