using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;

namespace EdgeServe.Cli.Bench;

/// <summary>ModelInfer over an HTTP/2 connection of its own: the message is made once, the answer is read and thrown away.</summary>
internal sealed class GrpcLoadConnection(Uri server, LoadAccess access, byte[] message) : ILoadConnection
{
    private const int PrefixBytes = 5;
    private readonly HttpClient _client = access.Client();
    private readonly byte[] _buffer = new byte[64 << 10];
    private readonly byte[] _body = Frame(message);

    public bool Exchange()
    {
        using var content = new ByteArrayContent(_body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "/inference.GRPCInferenceService/ModelInfer"))
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { TE = { new TransferCodingWithQualityHeaderValue("trailers") } },
        };
        return SendAsync(request).GetAwaiter().GetResult();
    }

    public void Dispose() => _client.Dispose();

    private async Task<bool> SendAsync(HttpRequestMessage request)
    {
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        while (await body.ReadAsync(_buffer) > 0)
        {
        }

        return response.TrailingHeaders.TryGetValues("grpc-status", out var status) && status.FirstOrDefault() == "0";
    }

    private static byte[] Frame(byte[] message)
    {
        var framed = new byte[PrefixBytes + message.Length];
        BinaryPrimitives.WriteUInt32BigEndian(framed.AsSpan(1), (uint)message.Length);
        message.CopyTo(framed, PrefixBytes);
        return framed;
    }
}
