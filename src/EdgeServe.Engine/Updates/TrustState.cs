using System.Globalization;
using System.Text;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Updates;

/// <summary>
/// What must never go back: the release each channel has reached, what that release was, and the latest time anybody
/// signed. Kept in <c>device/trust</c>, written before a release is activated, in no backup. Whatever happens to the rest
/// of the data directory, an older release stays refused.
/// </summary>
internal sealed class TrustState
{
    private const int MostChannels = 64;
    private const string Header = "edgeserve-trust 1";
    private readonly DoubledFile _file;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TrustMark> _marks = [];
    private long _signedTime;

    /// <param name="directory"><c>device/</c> of the data directory.</param>
    /// <exception cref="BundleException"><see cref="BundleError.StorageBroken"/>: it is there and cannot be read. Nothing may be installed then.</exception>
    public TrustState(string directory)
    {
        _file = new DoubledFile(Path.Combine(directory, "trust"));
        byte[]? content;
        try
        {
            content = _file.Read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException(BundleError.StorageBroken, $"the trust counters cannot be read: {e.Message}", "`edgeserve doctor` looks at the disk.", e);
        }

        if (content is null && !_file.Exists)
            return;
        if (content is null || !Parse(Encoding.UTF8.GetString(content)))
            throw new BundleException(BundleError.StorageBroken, "both copies of the trust counters are damaged", "Updates stay off; serving goes on. Enrol the device again at head office.");
    }

    /// <summary>The latest time that a trusted signature vouched for; null: none did yet.</summary>
    public DateTimeOffset? SignedTime
    {
        get
        {
            lock (_gate)
                return _signedTime == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(_signedTime);
        }
    }

    public TrustMark MarkOf(string channel)
    {
        lock (_gate)
            return _marks.GetValueOrDefault(channel) ?? new TrustMark(channel, 0, null);
    }

    /// <summary>Durable when it returns. Nothing is ever lowered: what is lower here leaves its value as it is.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.Equivocation"/>: the release is there with other content.</exception>
    public void Advance(string channel, long release, Digest digest, DateTimeOffset created)
    {
        lock (_gate)
        {
            var mark = MarkOf(channel);
            if (release == mark.Release && digest != mark.Digest)
                throw new BundleException(BundleError.Equivocation, $"release {release} of channel {channel} was {mark.Digest} before and is {digest} now", "Two truths were signed: tell head office.");
            long time = Math.Max(_signedTime, created.ToUnixTimeSeconds());
            if (release <= mark.Release && time == _signedTime)
                return;
            var next = new Dictionary<string, TrustMark>(_marks);
            if (release > mark.Release)
                next[channel] = new TrustMark(channel, release, digest);
            if (next.Count > MostChannels)
                throw new BundleException(BundleError.TooLarge, $"this device has followed {MostChannels} channels already", "Enrol it with a fresh data directory.");
            _file.Write(Encoding.UTF8.GetBytes(Text(next.Values, time)));
            _marks[channel] = next[channel];
            _signedTime = time;
        }
    }

    private static string Text(IEnumerable<TrustMark> marks, long time)
    {
        var text = new StringBuilder().Append(Header).Append('\n').Append(CultureInfo.InvariantCulture, $"{time}\n");
        foreach (var mark in marks.OrderBy(m => m.Channel, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"{mark.Channel} {mark.Release} {mark.Digest}\n");
        return text.ToString();
    }

    private bool Parse(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length < 2 || lines[0] != Header || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out _signedTime))
            return false;
        foreach (string[] parts in lines[2..].Select(l => l.Split(' ')))
        {
            if (parts.Length != 3 || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long release) || !Digest.TryParse(parts[2], out var digest))
                return false;
            _marks[parts[0]] = new TrustMark(parts[0], release, digest);
        }

        return true;
    }
}
