using EdgeServe.Security.Keys;

namespace EdgeServe.Security.Pairing;

/// <summary>One short code and what became of it. Kept in memory only: a restart takes every code back.</summary>
internal sealed class OpenPairing(string id, string by, PairingWish wish, KeyHash code, long deadline)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile PairingStatus _status = PairingStatus.New;

    public string Id { get; } = id;

    /// <summary>Who asked for it: a key's id, or somebody on the box.</summary>
    public string By { get; } = by;

    public PairingWish Wish { get; } = wish;

    public KeyHash Code { get; } = code;

    /// <summary>A timestamp of the monotonic clock.</summary>
    public long Deadline { get; } = deadline;

    public PairingStatus Status
    {
        get => _status;
        set
        {
            _status = value;
            if (value.State != PairingState.Open)
                _ended.TrySetResult();
        }
    }

    /// <summary>Completes when the code is open no longer.</summary>
    public Task Ended => _ended.Task;
}
