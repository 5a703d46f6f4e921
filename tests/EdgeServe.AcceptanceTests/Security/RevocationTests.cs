using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.Grpc.Wire;
using Google.Protobuf;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>A key that is taken back stops at once, in the middle of whatever it does.</summary>
public sealed class RevocationTests(LanServer server) : IClassFixture<LanServer>
{
    private const string Slow = """{"inputs":[{"name":"input","shape":[1],"datatype":"INT64","data":[4000000000]}]}""";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task An_open_grpc_stream_ends_unauthenticated()
    {
        var (key, id) = await server.AddAsync("stream");
        using var client = server.Client(key);
        await using var stream = await GrpcStream.OpenAsync(client);
        await stream.SendAsync(Ask("breast-cancer"));
        Assert.Equal("", (await stream.ReadAsync())!.ErrorMessage);
        await server.RevokeAsync(id);
        // Nothing more is sent: the server ends it by itself.
        Assert.Null(await stream.ReadAsync().WaitAsync(Soon, TestContext.Current.CancellationToken));
        Assert.Equal(("16", "the key was revoked"), (stream.Status, stream.Message));
    }

    [Fact]
    public async Task An_open_grpc_stream_of_a_key_that_expires_ends()
    {
        var (key, _) = await server.AddAsync("short", rest: ""","expires_in_hours":0.0006""");
        using var client = server.Client(key);
        await using var stream = await GrpcStream.OpenAsync(client);
        Assert.Null(await stream.ReadAsync().WaitAsync(Soon, TestContext.Current.CancellationToken));
        Assert.Equal(("16", "the key has expired"), (stream.Status, stream.Message));
    }

    [Fact]
    public async Task In_a_stream_each_message_is_held_against_the_key()
    {
        var (key, _) = await server.AddAsync("one model", rest: ""","models":["breast-cancer"],"requests_per_second":2""");
        using var client = server.Client(key);
        await using var stream = await GrpcStream.OpenAsync(client);
        await stream.SendAsync(Ask("spare"));
        Assert.Contains("may not use this model", (await stream.ReadAsync())!.ErrorMessage, StringComparison.Ordinal);
        await stream.SendAsync(Ask("breast-cancer"));
        Assert.Equal("", (await stream.ReadAsync())!.ErrorMessage);
        var errors = new List<string>();
        for (int i = 0; i < 10; i++)
        {
            await stream.SendAsync(Ask("breast-cancer"));
            errors.Add((await stream.ReadAsync())!.ErrorMessage);
        }

        Assert.Contains(errors, e => e.Contains("too many requests", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Open_events_end_and_who_comes_back_is_told_why()
    {
        var (key, id) = await server.AddAsync("events");
        using var client = server.Client(key);
        using var response = await client.GetAsync("/edge/v1/jobs/events", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, await stream.ReadAsync(new byte[100], TestContext.Current.CancellationToken));
        await server.RevokeAsync(id);
        Assert.Equal(0, await stream.ReadAsync(new byte[100], TestContext.Current.CancellationToken).AsTask().WaitAsync(Soon, TestContext.Current.CancellationToken));
        Assert.Equal("KeyRevoked", (await client.GetAnswerAsync("/edge/v1/jobs/events")).Json.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_long_poll_ends_with_401()
    {
        var (key, id) = await server.AddAsync("poll");
        using var client = server.Client(key);
        using var submitted = await client.PostAsync("/edge/v1/models/slow/jobs", new StringContent(Slow), TestContext.Current.CancellationToken);
        string job = JsonDocument.Parse(await submitted.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement.GetProperty("id").GetString()!;
        var poll = client.GetAnswerAsync($"/edge/v1/jobs/{job}/result?wait=60s");
        // The answer to this one comes behind the poll's on the same connection's queue: the poll waits by then, or will find the key gone.
        await client.GetAnswerAsync($"/edge/v1/jobs/{job}");
        await server.RevokeAsync(id);
        var answer = await poll.WaitAsync(Soon, TestContext.Current.CancellationToken);
        Assert.Equal((401, "KeyRevoked"), (answer.Status, answer.Json.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_body_still_arriving_is_broken_off_and_nothing_is_kept_of_it()
    {
        var (key, id) = await server.AddAsync("upload");
        long before = await JobsAsync();
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(server.Lan.Host, server.Lan.Port, TestContext.Current.CancellationToken);
        await using var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = server.Lan.Host, CertificateChainPolicy = server.Trust() }, TestContext.Current.CancellationToken);
        string head = $"POST /edge/v1/models/breast-cancer/jobs HTTP/1.1\r\nHost: {server.Lan.Authority}\r\nAuthorization: Bearer {key}\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n";
        await tls.WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);
        byte[] answer = new byte[4096];
        int read = await tls.ReadAsync(answer, TestContext.Current.CancellationToken);
        // The route reads the body: it has let the key in.
        Assert.StartsWith("HTTP/1.1 100", Encoding.ASCII.GetString(answer, 0, read), StringComparison.Ordinal);
        await tls.WriteAsync("{\"inputs\":["u8.ToArray(), TestContext.Current.CancellationToken);
        await server.RevokeAsync(id);
        try
        {
            read = await tls.ReadAsync(answer, TestContext.Current.CancellationToken).AsTask().WaitAsync(Soon, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            read = 0;
        }

        Assert.Equal("", Encoding.ASCII.GetString(answer, 0, read));
        Assert.Equal(before, await JobsAsync());
    }

    private async Task<long> JobsAsync()
    {
        var jobs = (await server.Local.GetAnswerAsync("/edge/v1/status")).Json.GetProperty("jobs");
        return new[] { "queued", "running", "succeeded", "failed", "cancelled", "expired" }.Sum(s => jobs.GetProperty(s).GetInt64());
    }

    private static ModelInferRequest Ask(string model)
    {
        var request = new ModelInferRequest { ModelName = model };
        var input = new ModelInferRequest.Types.InferInputTensor { Name = "features", Datatype = "FP32", Shape = { 1, 30 } };
        request.Inputs.Add(input);
        byte[] raw = new byte[30 * sizeof(float)];
        for (int i = 0; i < 30; i++)
            BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(4 * i), i);
        request.RawInputContents.Add(ByteString.CopyFrom(raw));
        return request;
    }
}
