using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using EdgeServe.Grpc.Wire;
using Google.Protobuf;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>An open ModelStreamInfer, message by message, and how it ends.</summary>
internal sealed class GrpcStream : IAsyncDisposable
{
    private readonly PipeWriter _requests;
    private readonly HttpResponseMessage _response;
    private readonly Stream _answers;

    private GrpcStream(PipeWriter requests, HttpResponseMessage response, Stream answers)
    {
        _requests = requests;
        _response = response;
        _answers = answers;
    }

    public string? Status => _response.TrailingHeaders.TryGetValues("grpc-status", out var values) ? values.Single() : null;

    public string? Message => _response.TrailingHeaders.TryGetValues("grpc-message", out var values) ? values.Single() : null;

    public static async Task<GrpcStream> OpenAsync(HttpClient client)
    {
        var pipe = new Pipe();
        var content = new StreamedContent(pipe.Reader);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, "/inference.GRPCInferenceService/ModelStreamInfer")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        return new GrpcStream(pipe.Writer, response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    public async Task SendAsync(ModelInferRequest request)
    {
        byte[] message = request.ToByteArray();
        byte[] framed = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        await _requests.WriteAsync(framed, TestContext.Current.CancellationToken);
    }

    /// <returns>Null at the end.</returns>
    public async Task<ModelStreamInferResponse?> ReadAsync()
    {
        byte[] head = new byte[5];
        int read = await _answers.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, TestContext.Current.CancellationToken);
        if (read == 0)
            return null;
        byte[] message = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1))];
        await _answers.ReadExactlyAsync(message, TestContext.Current.CancellationToken);
        return ModelStreamInferResponse.Parser.ParseFrom(message);
    }

    public async ValueTask DisposeAsync()
    {
        await _requests.CompleteAsync();
        _response.Dispose();
    }

    /// <summary>What is written to a pipe goes out at once.</summary>
    private sealed class StreamedContent(PipeReader reader) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            while (true)
            {
                var read = await reader.ReadAsync();
                foreach (var segment in read.Buffer)
                    await stream.WriteAsync(segment);
                await stream.FlushAsync();
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
