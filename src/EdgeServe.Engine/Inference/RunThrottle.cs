namespace EdgeServe.Engine.Inference;

/// <summary>
/// How many runs of all models may be under way at a time when the device has to be spared; otherwise it is one volatile
/// read. Whoever is too many waits: nobody is refused for it.
/// </summary>
public sealed class RunThrottle
{
    private readonly object _gate = new();
    private volatile int _limit;
    private int _running;

    /// <summary>0: as many as there are.</summary>
    public int Limit
    {
        get => _limit;
        set
        {
            lock (_gate)
            {
                _limit = value;
                Monitor.PulseAll(_gate);
            }
        }
    }

    public bool IsOn => _limit > 0;

    /// <summary>Waits for a place where there is a limit.</summary>
    /// <returns>Was one taken? Then give it back.</returns>
    internal bool Enter()
    {
        if (!IsOn)
            return false;
        lock (_gate)
        {
            while (IsOn && _running >= _limit)
                Monitor.Wait(_gate);
            if (!IsOn)
                return false;
            _running++;
            return true;
        }
    }

    internal void Exit()
    {
        lock (_gate)
        {
            _running--;
            Monitor.Pulse(_gate);
        }
    }
}
