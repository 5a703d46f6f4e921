using System.Buffers.Binary;
using System.Text;

namespace EdgeServe.Engine.Device.Lights;

/// <summary>
/// What the kernel is asked for one line: <c>struct gpio_v2_line_request</c> of linux/gpio.h. Only its first line and its first
/// attribute are used; everything else stays zero, as the kernel demands.
/// </summary>
internal static class LineRequest
{
    public const int Bytes = 592;
    public const ulong ActiveInput = 1 << 2, ActiveOutput = 1 << 3, BothEdges = (1 << 4) | (1 << 5), PullUp = 1 << 8, PullDown = 1 << 9;
    private const int Consumer = 256, Flags = 288, AttributeCount = 296, AttributeId = 320, AttributeValue = 328, AttributeMask = 336, LineCount = 560, Descriptor = 588;
    private const uint OutputValues = 2;

    /// <param name="line">Its number on the chip.</param>
    /// <param name="flags">Direction, pull, edges.</param>
    /// <param name="high">The level an output begins with.</param>
    public static byte[] Of(int line, ulong flags, bool high)
    {
        byte[] request = new byte[Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(request, (uint)line);
        Encoding.ASCII.GetBytes("edgeserve", request.AsSpan(Consumer));
        BinaryPrimitives.WriteUInt64LittleEndian(request.AsSpan(Flags), flags);
        if (high)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(AttributeCount), 1);
            BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(AttributeId), OutputValues);
            BinaryPrimitives.WriteUInt64LittleEndian(request.AsSpan(AttributeValue), 1);
            BinaryPrimitives.WriteUInt64LittleEndian(request.AsSpan(AttributeMask), 1);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(request.AsSpan(LineCount), 1);
        return request;
    }

    /// <summary>What the kernel answered: the line, as a file.</summary>
    public static int File(byte[] request) => BinaryPrimitives.ReadInt32LittleEndian(request.AsSpan(Descriptor));
}
