using System.Buffers;
using System.IO.Hashing;

namespace EdgeServe.Engine.Jobs;

/// <summary>What a request's fingerprint would be made of, of one that is not stored again.</summary>
public sealed class PayloadHash
{
    private readonly XxHash128 _hash = new();

    /// <param name="headerLength">Value of <c>Inference-Header-Content-Length</c>; -1: JSON.</param>
    public PayloadHash(long headerLength)
    {
        Span<byte> header = stackalloc byte[PayloadEnvelope.PlainHeaderBytes];
        PayloadEnvelope.WritePlainHeader(header, headerLength);
        _hash.Append(header);
    }

    public void Append(ReadOnlySequence<byte> content)
    {
        foreach (var segment in content)
            _hash.Append(segment.Span);
    }

    internal byte[] Finish() => _hash.GetCurrentHash();
}
