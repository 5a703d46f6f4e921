using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Unicode;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Jobs.Keys;

namespace EdgeServe.Engine.Jobs;

/// <summary>A job as its row has it. Changes are made with <c>with</c> and written whole.</summary>
public sealed record Job
{
    /// <summary>Room for the numbers of a row as text, their separators and the id.</summary>
    private const int MostNumberBytes = 32 + (26 * 21);

    public long Seq { get; init; }

    public required JobId Id { get; init; }

    public required string Owner { get; init; }

    public JobState State { get; init; }

    /// <summary>Number of its last change of state; rises over all jobs.</summary>
    public long Event { get; init; }

    /// <summary>1 is the highest.</summary>
    public int Priority { get; init; }

    public required string Model { get; init; }

    /// <summary>The version asked for; 0: whichever serves.</summary>
    public long Version { get; init; }

    /// <summary>The version that served when the job was accepted.</summary>
    public long AcceptedVersion { get; init; }

    /// <summary>How often it was begun.</summary>
    public int Attempts { get; init; }

    /// <summary>How often the process ended while it ran.</summary>
    public int Deaths { get; init; }

    /// <summary>Not to be begun before, in the box's running time.</summary>
    public long DueMs { get; init; }

    /// <summary>Of no use after, in the box's running time; 0: never.</summary>
    public long NotAfterMs { get; init; }

    /// <summary>When the state last changed, in the box's running time.</summary>
    public long ChangedMs { get; init; }

    public JobMoment Accepted { get; init; }

    public JobMoment Started { get; init; }

    public JobMoment Finished { get; init; }

    public long RequestBytes { get; init; }

    public long ResultBytes { get; init; }

    public PayloadPlace Request { get; init; }

    public PayloadPlace Result { get; init; }

    public bool Acknowledged { get; init; }

    /// <summary>The version that ran; 0: none did.</summary>
    public long RunVersion { get; init; }

    /// <summary>SHA-256 of the graph that ran.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Why it failed: the code and message of a <see cref="JobFailure"/>; empty when it did not.</summary>
    public JobFailure? Failure { get; init; }

    public bool IsPending => State is JobState.Queued or JobState.Running;

    /// <summary>Seals its payloads; none: there are none, or they are from before there were keys.</summary>
    internal KeyRef Key { get; init; }

    /// <summary>Is there anything its key seals?</summary>
    internal bool HasPayload => Request != PayloadPlace.None || Result != PayloadPlace.None;

    /// <summary>The three clock qualities in one number.</summary>
    internal int Clocks => (int)Accepted.Quality | ((int)Started.Quality << 4) | ((int)Finished.Quality << 8);

    /// <summary>The two places in one number.</summary>
    internal int Places => (int)Request | ((int)Result << 4);

    /// <summary>Over everything the row says: a flipped bit on the disk is found before it is believed.</summary>
    internal long Checksum()
    {
        string failure = Failure?.ToText() ?? "";
        byte[] text = ArrayPool<byte>.Shared.Rent(MostNumberBytes + Encoding.UTF8.GetMaxByteCount(Owner.Length + Model.Length + Digest.Length + failure.Length));
        bool whole = Utf8.TryWrite(text, CultureInfo.InvariantCulture,
            $"{Seq}\n{Id}\n{Owner}\n{(int)State}\n{Event}\n{Priority}\n{Model}\n{Version}\n{AcceptedVersion}\n{Attempts}\n{Deaths}\n{DueMs}\n{NotAfterMs}\n{ChangedMs}\n{Accepted.UnixMs}\n{Started.UnixMs}\n{Finished.UnixMs}\n{Clocks}\n{RequestBytes}\n{ResultBytes}\n{Places}\n{(Acknowledged ? 1 : 0)}\n{RunVersion}\n{Digest}\n{failure}",
            out int length);
        // As it always was for rows without a key.
        if (!Key.IsNone)
        {
            whole &= Utf8.TryWrite(text.AsSpan(length), CultureInfo.InvariantCulture, $"\n{Key.Value}", out int more);
            length += more;
        }

        ulong sum = XxHash3.HashToUInt64(text.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(text);
        // Better no row than one that its own sum calls damaged.
        return whole ? (long)sum : throw new UnreachableException($"job {Id} does not fit the room for its sum");
    }
}
