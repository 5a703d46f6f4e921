using System.Text;
using EdgeServe.Engine.Device.Lights;

namespace EdgeServe.Tests.Engine.Device.Lights;

/// <summary>Where linux/gpio.h puts what: the offsets were printed by a C program that includes it.</summary>
public sealed class LineRequestTests
{
    [Fact]
    public void The_kernels_structure_is_filled_where_the_kernel_looks()
    {
        byte[] request = LineRequest.Of(23, LineRequest.ActiveOutput, high: true);
        Assert.Equal(592, request.Length);
        Assert.Equal(23u, BitConverter.ToUInt32(request, 0));
        Assert.Equal("edgeserve", Encoding.ASCII.GetString(request, 256, 32).TrimEnd('\0'));
        Assert.Equal(8ul, BitConverter.ToUInt64(request, 288));
        Assert.Equal((1u, 2u, 1ul, 1ul), (BitConverter.ToUInt32(request, 296), BitConverter.ToUInt32(request, 320), BitConverter.ToUInt64(request, 328), BitConverter.ToUInt64(request, 336)));
        Assert.Equal(1u, BitConverter.ToUInt32(request, 560));
        Assert.Equal(0, LineRequest.File(request));
    }

    [Fact]
    public void An_input_asks_for_edges_and_for_no_level()
    {
        byte[] request = LineRequest.Of(4, LineRequest.ActiveInput | LineRequest.BothEdges | LineRequest.PullUp, high: false);
        Assert.Equal(0x134ul, BitConverter.ToUInt64(request, 288));
        Assert.Equal(0u, BitConverter.ToUInt32(request, 296));
    }
}
