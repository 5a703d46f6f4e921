using System.Globalization;

namespace EdgeServe.Engine.Inference.Oip;

/// <summary>The header of a binary answer, and the outputs it is true for.</summary>
internal sealed class KnownAnswer(byte[] header, OutputTensor[] tensors)
{
    private readonly (long[] Shape, long Bytes)[] _outputs = Array.ConvertAll(tensors, t => (t.Shape, t.ByteLength));

    public ReadOnlySpan<byte> Header => header;

    /// <summary>Value of <c>Inference-Header-Content-Length</c>.</summary>
    public string HeaderLength { get; } = header.Length.ToString(CultureInfo.InvariantCulture);

    /// <summary>Does the header describe these outputs too? Names, types and order follow from the request.</summary>
    public bool Fits(OutputTensor[] tensors)
    {
        for (int i = 0; i < tensors.Length; i++)
        {
            if (tensors[i].ByteLength != _outputs[i].Bytes || !tensors[i].Shape.AsSpan().SequenceEqual(_outputs[i].Shape))
                return false;
        }

        return true;
    }
}
