namespace EdgeServe.Engine.Storage;

/// <summary>How much room the data directory's file system has left, asked every so often while there is plenty, else at once.</summary>
internal sealed class DiskSpace(string directory, long reserveBytes, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private const int PlentyTimesReserve = 4;
    private readonly Lock _gate = new();
    private long _asked;
    private long _free = long.MaxValue;

    /// <summary>Below this much, work that needs room is refused.</summary>
    public long ReserveBytes => reserveBytes;

    /// <summary>Bytes free to this user.</summary>
    public long FreeBytes
    {
        get
        {
            lock (_gate)
            {
                if (_asked == 0 || _free < PlentyTimesReserve * reserveBytes || time.GetElapsedTime(_asked) >= Interval)
                {
                    _asked = Math.Max(1, time.GetTimestamp());
                    _free = Ask();
                }

                return _free;
            }
        }
    }

    /// <summary>Is there room for this much on top of the reserve?</summary>
    public bool HasRoomFor(long bytes) => FreeBytes - bytes >= reserveBytes;

    private long Ask()
    {
        try
        {
            return new DriveInfo(directory).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
