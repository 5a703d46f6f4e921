using System.IO.Compression;
using EdgeServe.Engine.Device;

namespace EdgeServe.Engine.Telemetry.Series;

/// <summary>
/// The key series of the last two weeks: ten seconds a point for an hour, a minute for a day, a quarter of an hour for
/// fourteen days. About 150 KB, whatever happens. Times are the box's running time; <see cref="Clocks"/> maps them to the wall's.
/// </summary>
internal sealed class SeriesStore
{
    private const byte Format = 1;
    private const int MostBoots = 64;
    private const int MostSeries = 64;
    private readonly Lock _gate = new();
    private readonly SeriesTier[] _tiers = [new(10, 360), new(60, 1440), new(900, 1344)];
    private readonly List<BootClock> _clocks = [];

    /// <summary>Hours the longest tier reaches back.</summary>
    public const int MostHours = 336;

    /// <summary>Takes one sample; <paramref name="values"/> by <see cref="SeriesKind"/>, what is not known is not a number.</summary>
    public void Add(DeviceClock clock, ReadOnlySpan<float> values)
    {
        lock (_gate)
        {
            long now = clock.Now;
            foreach (var tier in _tiers)
                tier.Fold(now, values);
            if (_clocks.Count == 0 || _clocks[^1].BootId != clock.BootId)
                _clocks.Add(new BootClock(clock.BootId, now, clock.Wall - now, clock.Quality));
            else
                _clocks[^1] = _clocks[^1].Seen(now, clock.Wall, clock.Quality);
            if (_clocks.Count > MostBoots)
                _clocks.RemoveAt(0);
        }
    }

    /// <summary>The last hours at the finest step that reaches so far back.</summary>
    /// <param name="hours">More than 0, at most <see cref="MostHours"/>.</param>
    public SeriesWindow Read(long runningMs, double hours, IReadOnlyList<int> series)
    {
        lock (_gate)
        {
            var tier = _tiers.First(t => t.StepSeconds * (long)t.Slots >= hours * 3600);
            long step = tier.StepSeconds * 1000L;
            long to = runningMs / step;
            int count = Math.Clamp((int)Math.Ceiling(hours * 3600 / tier.StepSeconds), 1, tier.Slots);
            long from = Math.Max(0, to - count + 1);
            return new SeriesWindow(tier.StepSeconds, from * step, [.. series.Select(s => tier.Points(s, from, to))], [.. _clocks]);
        }
    }

    public byte[] Save()
    {
        using var memory = new MemoryStream();
        using (var packed = new DeflateStream(memory, CompressionLevel.Optimal, leaveOpen: true))
        using (var writer = new BinaryWriter(packed))
        {
            lock (_gate)
            {
                writer.Write(Format);
                writer.Write(SeriesInfo.All.Count);
                foreach (var info in SeriesInfo.All)
                    writer.Write(info.Name);
                writer.Write(_clocks.Count);
                foreach (var clock in _clocks)
                {
                    writer.Write(clock.BootId);
                    writer.Write(clock.SinceRunningMs);
                    writer.Write(clock.WallMinusRunningMs);
                    writer.Write((byte)clock.Quality);
                }

                foreach (var tier in _tiers)
                    tier.Save(writer);
            }
        }

        return memory.ToArray();
    }

    /// <summary>Goes on where <see cref="Save"/> stopped.</summary>
    /// <returns>Null when the file is of no use.</returns>
    public static SeriesStore? Restore(byte[] saved)
    {
        try
        {
            using var reader = new BinaryReader(new DeflateStream(new MemoryStream(saved), CompressionMode.Decompress));
            if (reader.ReadByte() != Format)
                return null;
            var store = new SeriesStore();
            string[] names = [.. Enumerable.Range(0, Bounded(reader, MostSeries)).Select(_ => reader.ReadString())];
            for (int left = Bounded(reader, MostBoots); left > 0; left--)
                store._clocks.Add(new BootClock(reader.ReadString(), reader.ReadInt64(), reader.ReadInt64(), (ClockQuality)Math.Min(reader.ReadByte(), (byte)ClockQuality.SetBack)));
            foreach (var tier in store._tiers)
                tier.Restore(reader, names);
            return store;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or IOException)
        {
            return null;
        }
    }

    private static int Bounded(BinaryReader reader, int most) => reader.ReadInt32() is >= 0 and var count && count <= most ? count : throw new InvalidDataException("the series are damaged");
}
