using System.Buffers;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>
/// Feeds a reader that wants contiguous windows from a body that arrives in segments. Segments are read where they are;
/// only the token that two of them share is copied together.
/// </summary>
internal static class JsonWindows
{
    private const int FirstStitch = 4096;

    /// <returns>Bytes taken. The rest must be offered again with more behind it.</returns>
    public static long Feed(OipJsonReader reader, ReadOnlySequence<byte> buffer, bool final)
    {
        if (buffer.IsSingleSegment)
            return reader.Read(buffer.FirstSpan, final);
        long taken = 0;
        while (!reader.IsDone && taken < buffer.Length)
        {
            var rest = buffer.Slice(taken);
            var first = FirstBytes(rest);
            bool last = first.Length == rest.Length;
            int step = reader.Read(first, final && last);
            taken += step;
            if (last || reader.IsDone)
                break;
            if (step < first.Length)
            {
                long stitched = Stitch(reader, buffer.Slice(taken), first.Length - step, final);
                if (stitched == 0)
                    break;
                taken += stitched;
            }
        }

        return taken;
    }

    /// <summary>A sequence may begin with segments that have nothing in them.</summary>
    private static ReadOnlySpan<byte> FirstBytes(ReadOnlySequence<byte> buffer)
    {
        foreach (var segment in buffer)
        {
            if (!segment.IsEmpty)
                return segment.Span;
        }

        return default;
    }

    private static long Stitch(OipJsonReader reader, ReadOnlySequence<byte> rest, int tail, bool final)
    {
        for (long size = tail + FirstStitch; ; size *= 2)
        {
            int length = (int)Math.Min(size, Math.Min(rest.Length, Array.MaxLength));
            byte[] window = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                rest.Slice(0, length).CopyTo(window);
                int step = reader.Read(window.AsSpan(0, length), final && length == rest.Length);
                if (step > 0 || reader.IsDone || length == rest.Length)
                    return step;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(window);
            }
        }
    }
}
