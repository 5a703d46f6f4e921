using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Tests.Engine.Bundles.Registry;

/// <summary>A server on loopback that answers as a test says, and remembers what it was asked.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app) => _app = app;

    public List<string> Asked { get; } = [];

    public string Host => new Uri(_app.Urls.First()).Authority;

    public static async Task<TestServer> StartAsync(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new TestServer(builder.Build());
        server._app.Run(async context =>
        {
            lock (server.Asked)
                server.Asked.Add($"{context.Request.Method} {context.Request.Path} {context.Request.Headers.Authorization}".Trim());
            await answer(context);
        });
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
