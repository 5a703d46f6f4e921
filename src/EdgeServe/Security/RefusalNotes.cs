using System.Net;
using EdgeServe.Engine.Audit;

namespace EdgeServe.Security;

/// <summary>
/// Wrong, revoked and expired keys, keys that want too much, and addresses held off: anybody causes thousands of them a second, so the
/// audit gets the first within a second and then one line a minute with how many there were.
/// </summary>
internal sealed class RefusalNotes : IHostedService, IDisposable
{
    private static readonly AccessError[] Noted =
    [
        AccessError.KeyMalformed, AccessError.KeyUnknown, AccessError.KeyRevoked, AccessError.KeyExpired, AccessError.ScopeMissing, AccessError.ModelNotAllowed, AccessError.TooManyRequests,
    ];

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Following = TimeSpan.FromMinutes(1);
    private readonly AuditLog _audit;
    private readonly ITimer _timer;
    private readonly long[] _counts = new long[Enum.GetValues<AccessError>().Length];
    private volatile IPAddress? _address;
    private int _armed;

    public RefusalNotes(AuditLog audit, TimeProvider time)
    {
        _audit = audit;
        _timer = time.CreateTimer(_ => Due(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Refused(AccessError error, IPAddress? from)
    {
        if (Array.IndexOf(Noted, error) < 0)
            return;
        Interlocked.Increment(ref _counts[(int)error]);
        _address = from;
        if (Volatile.Read(ref _armed) == 0 && Interlocked.Exchange(ref _armed, 1) == 0)
            _timer.Change(First, Timeout.InfiniteTimeSpan);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Tell();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer.Dispose();

    private void Due()
    {
        if (Tell())
        {
            _timer.Change(Following, Timeout.InfiniteTimeSpan);
            return;
        }

        Volatile.Write(ref _armed, 0);
        // One that came in between found the timer armed.
        if (Array.Exists(Noted, e => Volatile.Read(ref _counts[(int)e]) > 0) && Interlocked.Exchange(ref _armed, 1) == 0)
            _timer.Change(First, Timeout.InfiniteTimeSpan);
    }

    private bool Tell()
    {
        var parts = new List<string>();
        foreach (var error in Noted)
        {
            long count = Interlocked.Exchange(ref _counts[(int)error], 0);
            if (count > 0)
                parts.Add($"{count} {System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(error.ToString())}");
        }

        if (parts.Count > 0)
            _audit.Note("access.refused", "service", $"Requests refused: {string.Join(", ", parts)}; the last from {_address?.ToString() ?? "this box"}");
        return parts.Count > 0;
    }
}
