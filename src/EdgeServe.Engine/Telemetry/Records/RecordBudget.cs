namespace EdgeServe.Engine.Telemetry.Records;

/// <summary>How many full records may be written: a minute's worth at once, refilled steadily.</summary>
internal sealed class RecordBudget(int perMinute, TimeProvider time)
{
    private double _left = perMinute;
    private long _asked = time.GetTimestamp();

    public int Left
    {
        get
        {
            long now = time.GetTimestamp();
            _left = Math.Min(perMinute, _left + (time.GetElapsedTime(_asked, now).TotalMinutes * perMinute));
            _asked = now;
            return (int)_left;
        }
    }

    public bool IsFull => Left >= perMinute;

    public void Spend(int records) => _left -= records;
}
