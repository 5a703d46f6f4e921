using System.Diagnostics;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Lights;

/// <summary>A folder like those below /sys/class/leds whose brightness is a pipe, so that every write is seen, with its time.</summary>
internal sealed class FakeLed : IAsyncDisposable
{
    // Between two flashes of a group lie 200 ms, between two groups 1400.
    private const int GroupGap = 800;
    private readonly FileStream _pipe;
    private readonly Task _reading;
    private readonly List<(long At, bool On)> _writes = [];

    private FakeLed(string folder)
    {
        Folder = folder;
        // For both, so that neither end waits for the other.
        _pipe = new FileStream(Path.Combine(folder, "brightness"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        _reading = Task.Run(Read);
    }

    public string Folder { get; }

    public string Trigger => File.ReadAllText(Path.Combine(Folder, "trigger")).Trim();

    public int Writes
    {
        get
        {
            lock (_writes)
                return _writes.Count;
        }
    }

    public static async Task<FakeLed> CreateAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "trigger"), "none rc-feedback [mmc0] timer heartbeat\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "max_brightness"), "1\n");
        var (exit, output) = await Tool.RunAsync("mkfifo", Path.Combine(folder, "brightness"));
        Assert.True(exit == 0, output);
        return new FakeLed(folder);
    }

    /// <summary>The number of flashes between two pauses, in the newest whole group; null: none since.</summary>
    /// <param name="since">Writes to leave out.</param>
    public int? Flashes(int since)
    {
        lock (_writes)
        {
            var writes = _writes.Skip(since).ToArray();
            int? whole = null;
            int? count = null;
            for (int i = 0; i < writes.Length; i++)
            {
                long dark = i > 0 ? writes[i].At - writes[i - 1].At : 0;
                if (writes[i].On && i > 0 && !writes[i - 1].On && dark > GroupGap)
                {
                    whole = count ?? whole;
                    count = 0;
                }

                if (writes[i].On && count is not null)
                    count++;
            }

            return whole;
        }
    }

    /// <summary>Is the last thing written long ago, and was it on?</summary>
    public bool IsSteady(TimeSpan time)
    {
        lock (_writes)
            return _writes.Count > 0 && _writes[^1].On && Stopwatch.GetElapsedTime(_writes[^1].At * Stopwatch.Frequency / 1000) > time;
    }

    public async ValueTask DisposeAsync()
    {
        await _pipe.WriteAsync("x"u8.ToArray());
        await _reading;
        await _pipe.DisposeAsync();
    }

    private void Read()
    {
        byte[] one = new byte[1];
        while (_pipe.Read(one) == 1 && one[0] != 'x')
        {
            if (one[0] == '\n')
                continue;
            lock (_writes)
                _writes.Add((Stopwatch.GetTimestamp() * 1000 / Stopwatch.Frequency, one[0] == '1'));
        }
    }
}
