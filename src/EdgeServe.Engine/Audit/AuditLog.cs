using EdgeServe.Engine.Device;

namespace EdgeServe.Engine.Audit;

/// <summary>
/// What happened and who did it: security and updates. <see cref="Note"/> returns at once; a thread of its own writes lines in a hash chain.
/// Nothing is lost without a word: when more comes than can be written, a line says how much.
/// </summary>
internal sealed class AuditLog(DeviceClock clock, TimeProvider time)
{
    private const int MostWaiting = 2000;
    private const int MostTextCharacters = 500;
    private readonly Queue<AuditEvent> _waiting = new();
    private readonly SemaphoreSlim _bell = new(0, 1);
    private long _missed;
    private volatile AuditHead? _head;

    /// <summary>The last line on the disk; null: the log is not open yet.</summary>
    public AuditHead? Head { get => _head; set => _head = value; }

    public DeviceClock Clock => clock;

    public TimeProvider Time => time;

    /// <param name="what">The kind of event, dotted: <c>clock.set</c>.</param>
    /// <param name="who">The id of the key that did it, <c>local</c> for the box itself, <c>service</c> for what happened by itself.</param>
    /// <param name="text">One sentence. Never a secret, never an input.</param>
    public void Note(string what, string who, string text)
    {
        var e = new AuditEvent(what, who, text.Length > MostTextCharacters ? text[..MostTextCharacters] + "…" : text, clock.Now, clock.Wall, clock.Quality, clock.BootId);
        lock (_waiting)
        {
            if (_waiting.Count >= MostWaiting)
                _missed++;
            else
                _waiting.Enqueue(e);
            if (_bell.CurrentCount == 0)
                _bell.Release();
        }
    }

    /// <summary>Waits until there is something.</summary>
    public Task WaitAsync(CancellationToken cancellation) => _bell.WaitAsync(cancellation);

    /// <summary>Everything that waits, and at its end what did not find room.</summary>
    public List<AuditEvent> Take()
    {
        lock (_waiting)
        {
            List<AuditEvent> taken = [.. _waiting];
            _waiting.Clear();
            if (_missed > 0)
                taken.Add(new AuditEvent("audit.gap", "service", $"{_missed} events came faster than they could be written and are not told", clock.Now, clock.Wall, clock.Quality, clock.BootId));
            _missed = 0;
            return taken;
        }
    }
}
