using System.Buffers;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;

namespace EdgeServe.Tests.Engine.Inference.Oip;

/// <summary>Offers a body to the reader in pieces, the way a socket would.</summary>
internal static class Body
{
    /// <param name="request">Receives the tensors.</param>
    /// <param name="pool">Where they live.</param>
    /// <param name="body">All bytes.</param>
    /// <param name="headerLength">Null: JSON.</param>
    /// <param name="cuts">Where one arrival ends and the next begins; beyond the end: ignored.</param>
    public static void Read(InferRequest request, TensorMemoryPool pool, byte[] body, long? headerLength, params int[] cuts) =>
        Read(request, pool, body, headerLength, body.Length, cuts);

    /// <inheritdoc cref="Read(InferRequest, TensorMemoryPool, byte[], long?, int[])"/>
    /// <param name="bodyLength">What the headers say; -1: nothing.</param>
    public static void Read(InferRequest request, TensorMemoryPool pool, byte[] body, long? headerLength, long bodyLength, int[] cuts)
    {
        using var reader = new OipRequestReader(request, pool, headerLength, bodyLength);
        int[] ends = [.. cuts.Where(c => c > 0 && c < body.Length).Distinct().Order(), body.Length];
        int taken = 0;
        foreach (int end in ends)
        {
            // What was offered before is a segment of its own, so that tokens cross a boundary.
            var buffer = Segments(body[taken..end], (end - taken) / 2);
            taken += (int)reader.Read(buffer, end == body.Length);
        }

        reader.Finish();
        if (taken != body.Length)
            throw new InvalidOperationException($"{body.Length - taken} bytes were neither taken nor refused");
    }

    private static ReadOnlySequence<byte> Segments(byte[] bytes, int at)
    {
        var first = new Segment(bytes.AsMemory(0, at), 0);
        var second = new Segment(bytes.AsMemory(at), at);
        first.Append(second);
        return new ReadOnlySequence<byte>(first, 0, second, second.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long start)
        {
            Memory = memory;
            RunningIndex = start;
        }

        public void Append(Segment next) => Next = next;
    }
}
