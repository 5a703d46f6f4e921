namespace EdgeServe.Engine.Telemetry.Records;

/// <summary>How many full records may be written: a minute's worth at once, refilled steadily. What is handed out is spent until it comes back.</summary>
internal sealed class RecordBudget(int perMinute, TimeProvider time)
{
    private double _left = perMinute;
    private long _asked = time.GetTimestamp();
    private int _handedOut;

    /// <summary>Does a whole minute's worth lie here or out there unused?</summary>
    public bool IsFull => Refilled() + _handedOut >= perMinute - 0.5;

    /// <summary>Hands out what there is, at most this many.</summary>
    /// <param name="most">Of use to whoever asks.</param>
    /// <param name="used">Of what was handed out before; the rest comes back.</param>
    public int Exchange(int most, int used)
    {
        _left = Math.Min(perMinute, Refilled() + _handedOut - used);
        _handedOut = Math.Clamp((int)_left, 0, most);
        _left -= _handedOut;
        return _handedOut;
    }

    private double Refilled()
    {
        long now = time.GetTimestamp();
        _left = Math.Min(perMinute, _left + (time.GetElapsedTime(_asked, now).TotalMinutes * perMinute));
        _asked = now;
        return _left;
    }
}
