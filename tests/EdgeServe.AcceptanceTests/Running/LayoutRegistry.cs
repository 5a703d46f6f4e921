using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EdgeServe.AcceptanceTests.Running;

/// <summary>A registry on loopback that gives what an image layout has, unless a test answers in its place.</summary>
internal sealed class LayoutRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private LayoutRegistry(WebApplication app) => _app = app;

    /// <summary>The layout; may be written anew between requests.</summary>
    public required string Layout { get; init; }

    /// <summary>Answers instead; false: it left the answer to the layout. The text is the tag or digest asked for.</summary>
    public Func<HttpContext, string, Task<bool>>? Instead { get; set; }

    public string Host => new Uri(_app.Urls.First()).Authority;

    public int Requests => Volatile.Read(ref _requests);

    public static async Task<LayoutRegistry> StartAsync(string layout)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var registry = new LayoutRegistry(builder.Build()) { Layout = layout };
        registry._app.Run(registry.AnswerAsync);
        await registry._app.StartAsync(TestContext.Current.CancellationToken);
        return registry;
    }

    public string PathOf(string digest) => Path.Combine(Layout, "blobs", "sha256", digest[7..]);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        string asked = context.Request.Path.Value!.Split('/')[^1];
        if (Instead is { } instead && await instead(context, asked))
            return;
        string? digest = asked.StartsWith("sha256:", StringComparison.Ordinal) ? asked : JsonNode.Parse(await File.ReadAllBytesAsync(Path.Combine(Layout, "index.json")))!["manifests"]!.AsArray()
            .Where(e => (string?)e!["annotations"]?["org.opencontainers.image.ref.name"] == asked).Select(e => (string)e!["digest"]!).FirstOrDefault();
        if (digest is null || !File.Exists(PathOf(digest)))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            context.Response.ContentType = "application/json";
            return;
        }

        context.Response.Headers["Docker-Content-Digest"] = digest;
        if (context.Request.Headers.IfNoneMatch == $"\"{digest}\"")
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        byte[] content = await File.ReadAllBytesAsync(PathOf(digest));
        context.Response.ContentType = context.Request.Path.Value.Contains("/manifests/", StringComparison.Ordinal) ? (string)JsonNode.Parse(content)!["mediaType"]! : "application/octet-stream";
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content);
    }
}
