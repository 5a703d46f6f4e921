using EdgeServe.Engine.Jobs.Keys;

namespace EdgeServe.Engine.Jobs;

/// <summary>What the head of a stored payload says.</summary>
/// <param name="Bytes">Its own length.</param>
/// <param name="HeaderLength">Value of <c>Inference-Header-Content-Length</c>; -1: JSON.</param>
/// <param name="Key">That seals the content; none: it is plain.</param>
/// <param name="Salt">Of this payload alone.</param>
internal readonly record struct PayloadHeader(int Bytes, long HeaderLength, KeyRef Key, long Salt)
{
    public bool IsSealed => !Key.IsNone;
}
