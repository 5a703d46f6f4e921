using System.Text;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Bundles.Store;
using EdgeServe.Engine.Storage;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Engine.Bundles.Registry;

public sealed class RegistryClientTests
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes(new string('x', 200_000));
    private static readonly Descriptor Blob = new("x", Digest.Of(Content), Content.Length);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("registry.example/a/b:clinic", "https://registry.example/", "a/b", "clinic")]
    [InlineData("127.0.0.1:5000/m", "http://127.0.0.1:5000/", "m", null)]
    [InlineData("https://localhost:5000/m", "https://localhost:5000/", "m", null)]
    [InlineData("http://box.local/m:1", "http://box.local/", "m", "1")]
    public void A_reference_has_a_host_a_repository_and_perhaps_a_tag(string text, string root, string repository, string? tag) =>
        Assert.Equal(new RegistryReference(new Uri(root), repository, tag), RegistryReference.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("models")]
    [InlineData("host/")]
    [InlineData("host/../x")]
    [InlineData("user:secret@host/m")]
    [InlineData("host/UPPER")]
    [InlineData("host/m:")]
    [InlineData("host/m?x=1")]
    [InlineData("host/m\n")]
    [InlineData("ftp://host/m")]
    public void What_is_no_reference_is_refused(string text) =>
        Assert.Equal(BundleError.Malformed, Assert.Throws<BundleException>(() => RegistryReference.Parse(text)).Error);

    [Fact]
    public void Plain_http_to_another_host_is_refused_unless_asked_for()
    {
        var reference = RegistryReference.Parse("http://box.local/m");
        Assert.Throws<BundleException>(() => new RegistryClient(reference, new RegistryOptions(), LinkBudget.Unlimited, TimeProvider.System));
        new RegistryClient(reference, new RegistryOptions { Insecure = true }, LinkBudget.Unlimited, TimeProvider.System).Dispose();
    }

    [Fact]
    public async Task A_poll_with_nothing_new_is_one_request()
    {
        await using var server = await TestServer.StartAsync(c =>
        {
            c.Response.StatusCode = c.Request.Headers.IfNoneMatch == $"\"{Blob.Digest}\"" && c.Request.Headers.Accept.ToString().Contains(MediaTypes.Index, StringComparison.Ordinal) ? 304 : 500;
            return Task.CompletedTask;
        });
        using var client = Client(server);
        Assert.Null(await client.ResolveAsync("clinic", Blob.Digest, Stop));
        Assert.Equal(["GET /v2/m/manifests/clinic"], server.Asked);
    }

    [Theory]
    [InlineData(200, "text/html", null, BundleError.CaptivePortal)]
    [InlineData(511, null, null, BundleError.CaptivePortal)]
    [InlineData(302, null, "http://127.0.0.2:1/login", BundleError.CaptivePortal)]
    [InlineData(302, null, "http://portal.example/login", BundleError.CaptivePortal)]
    [InlineData(302, null, "/v2/m/manifests/clinic", BundleError.SourceUnavailable)]
    [InlineData(404, "application/json", null, BundleError.NotFound)]
    [InlineData(401, "application/json", null, BundleError.Unauthorized)]
    [InlineData(403, "application/json", null, BundleError.Unauthorized)]
    [InlineData(500, "application/json", null, BundleError.SourceUnavailable)]
    [InlineData(503, null, null, BundleError.SourceUnavailable)]
    public async Task What_answers_in_a_registrys_place_is_named(int status, string? type, string? location, BundleError error)
    {
        await using var server = await TestServer.StartAsync(c =>
        {
            c.Response.StatusCode = status;
            if (type is not null)
                c.Response.ContentType = type;
            if (location is not null)
                c.Response.Headers.Location = location;
            return Task.CompletedTask;
        });
        using var client = Client(server);
        Assert.Equal(error, await RefusedAsync(() => client.ResolveAsync("clinic", null, Stop)));
    }

    [Fact]
    public async Task A_token_is_fetched_once_and_never_goes_to_the_host_that_stores_the_blobs()
    {
        await using var storage = await TestServer.StartAsync(c => c.Response.Body.WriteAsync(Content).AsTask());
        await using var server = await TestServer.StartAsync(async c =>
        {
            string authorization = c.Request.Headers.Authorization.ToString();
            if (c.Request.Path == "/token")
                await c.Response.WriteAsync(c.Request.Query["scope"] == "repository:m:pull" && authorization.StartsWith("Basic ", StringComparison.Ordinal) ? """{"token":"T1"}""" : "{}");
            else if (authorization != "Bearer T1")
                (c.Response.StatusCode, c.Response.Headers.WWWAuthenticate) = (401, $"Bearer realm=\"http://{c.Request.Host}/token\",service=\"s\"");
            else
                c.Response.Redirect($"http://{storage.Host}/somewhere");
        });
        using var client = Client(server, new RegistryOptions { Username = "u", Password = "secret", Retries = 0 });
        for (int i = 0; i < 3; i++)
        {
            await using var blob = (await client.BlobAsync(Blob, 0, Stop)).Content;
            Assert.True(await blob.ReadAsync(new byte[10], Stop) > 0);
        }

        Assert.Single(server.Asked, a => a.StartsWith("GET /token", StringComparison.Ordinal));
        Assert.Equal(Enumerable.Repeat("GET /somewhere", 3), storage.Asked);
    }

    [Fact]
    public async Task Basic_credentials_are_sent_when_asked_for_and_at_once_afterwards()
    {
        await using var server = await TestServer.StartAsync(c =>
        {
            bool known = c.Request.Headers.Authorization == "Basic " + Convert.ToBase64String("u:p"u8);
            (c.Response.StatusCode, c.Response.Headers.WWWAuthenticate) = known ? (304, "") : (401, "Basic realm=\"r\"");
            return Task.CompletedTask;
        });
        using var client = Client(server, new RegistryOptions { Username = "u", Password = "p", Retries = 0 });
        await client.ResolveAsync("clinic", Blob.Digest, Stop);
        await client.ResolveAsync("clinic", Blob.Digest, Stop);
        Assert.Equal(3, server.Asked.Count);
    }

    [Fact]
    public async Task A_cut_blob_is_resumed_by_range()
    {
        using var folder = new TempFolder();
        int cuts = 0;
        await using var server = await TestServer.StartAsync(async c =>
        {
            long from = c.Request.GetTypedHeaders().Range?.Ranges.First().From ?? 0;
            c.Response.StatusCode = from > 0 ? 206 : 200;
            c.Response.Headers.ETag = "\"e\"";
            if (from > 0)
                c.Response.Headers.ContentRange = $"bytes {from}-{Content.Length - 1}/{Content.Length}";
            c.Response.ContentLength = Content.Length - from;
            await c.Response.Body.WriteAsync(Content.AsMemory((int)from, Math.Min(50_000, Content.Length - (int)from)));
            await c.Response.Body.FlushAsync();
            // Fewer bytes than announced: the server closes the connection.
            if (from + 50_000 < Content.Length)
                cuts++;
        });
        using var client = Client(server);
        var store = new ContentStore(folder["store"], folder["ingest"]);
        while (!store.Has(Blob) && cuts < 50)
        {
            if (await Record.ExceptionAsync(() => store.IngestAsync(client, Blob, null, Stop)) is { } e)
                Assert.Equal(BundleError.SourceUnavailable, Assert.IsType<BundleException>(e).Error);
        }

        Assert.InRange(cuts, 3, 49);
    }

    [Theory]
    [InlineData("truncated", BundleError.SizeMismatch)]
    [InlineData("altered", BundleError.DigestMismatch)]
    [InlineData("longer", BundleError.SizeMismatch)]
    [InlineData("endless", BundleError.SizeMismatch)]
    [InlineData("compressed", BundleError.Malformed)]
    public async Task A_lying_blob_served_with_200_is_refused_and_nothing_is_kept(string how, BundleError error)
    {
        using var folder = new TempFolder();
        await using var server = await TestServer.StartAsync(async c =>
        {
            byte[] body = how switch
            {
                "truncated" => Content[..^1],
                "altered" => [.. Content[..^1], (byte)'y'],
                _ => [.. Content, .. Content],
            };
            c.Response.Headers["Docker-Content-Digest"] = Blob.Digest.ToString();
            if (how == "compressed")
                c.Response.Headers.ContentEncoding = "gzip";
            if (how is "truncated" or "altered" or "longer")
                c.Response.ContentLength = body.Length;
            await c.Response.Body.WriteAsync(body);
            while (how == "endless" && !c.RequestAborted.IsCancellationRequested)
                await c.Response.Body.WriteAsync(body);
        });
        using var client = Client(server);
        var store = new ContentStore(folder["store"], folder["ingest"]);
        Assert.Equal(error, await RefusedAsync(() => store.IngestAsync(client, Blob, null, Stop)));
        Assert.Equal(0, store.BytesHeld(Blob));
    }

    [Fact]
    public async Task The_body_of_a_416_is_not_read()
    {
        await using var server = await TestServer.StartAsync(async c =>
        {
            (c.Response.StatusCode, c.Response.ContentLength) = (416, 1 << 30);
            await c.Response.Body.WriteAsync(new byte[10]);
            await c.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        using var client = Client(server);
        Assert.Equal(BundleError.SizeMismatch, await RefusedAsync(() => client.BlobAsync(Blob, 100, Stop)).WaitAsync(TimeSpan.FromSeconds(20), Stop));
    }

    [Theory]
    [InlineData(2875, 1, true)]
    [InlineData(1, 60, false)]
    [InlineData(1, 20, false)]
    public async Task A_steady_slow_link_is_followed_and_a_trickle_is_given_up(int bytes, int seconds, bool good)
    {
        var time = new FakeTimeProvider();
        await using var stream = new LinkStream(new SlowStream(time, bytes, TimeSpan.FromSeconds(seconds), 5_000_000), new MemoryStream(), LinkBudget.Unlimited, TimeSpan.FromSeconds(60), time);
        var read = stream.CopyToAsync(Stream.Null, Stop);
        if (good)
            await read;
        else
            Assert.Equal(BundleError.SourceUnavailable, (await Assert.ThrowsAsync<BundleException>(() => read)).Error);
    }

    [Fact]
    public async Task A_spent_day_refuses_over_restarts_until_the_box_has_run_for_a_day()
    {
        using var folder = new TempFolder();
        long now = 5;
        LinkBudget Budget() => new(TimeProvider.System, () => now, new DoubledFile(folder["link"]), 0, 1000);
        var budget = Budget();
        budget.Require();
        await budget.SpendAsync(1000, Stop);
        now += 23 * 3_600_000;
        Assert.Equal(BundleError.BudgetSpent, Assert.Throws<BundleException>(Budget().Require).Error);
        now += 3_600_000;
        Assert.Equal(1000, Budget().Left);
    }

    [Fact]
    public async Task A_capped_link_waits_as_long_as_the_bytes_should_take()
    {
        var time = new FakeTimeProvider();
        var budget = new LinkBudget(time, () => 0, null, 1000, 0);
        var spent = budget.SpendAsync(5000, Stop).AsTask();
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(spent.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));
        await spent;
    }

    private static RegistryClient Client(TestServer server, RegistryOptions? options = null) =>
        new(RegistryReference.Parse(server.Host + "/m"), options ?? new RegistryOptions { Retries = 0 }, LinkBudget.Unlimited, TimeProvider.System);

    private static async Task<BundleError> RefusedAsync(Func<Task> action) => (await Assert.ThrowsAsync<BundleException>(action)).Error;
}
