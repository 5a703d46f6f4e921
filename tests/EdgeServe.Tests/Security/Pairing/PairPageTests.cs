using System.Text;
using EdgeServe.Security;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeServe.Tests.Security.Pairing;

/// <summary>What the pairing page and its form do on each way in.</summary>
public sealed class PairPageTests : IAsyncLifetime
{
    private readonly BuiltServer _server = new(("Server:LanUrls", "https://127.0.0.2:8443"), ("Server:Insecure", "true"));
    private PairingDesk _desk = null!;

    public ValueTask InitializeAsync()
    {
        _desk = _server.App.Services.GetRequiredService<PairingDesk>();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Unencrypted_from_the_network_there_is_no_form_and_no_key()
    {
        string code = Open();
        var (_, page) = await SendAsync(HttpMethods.Get, "/pair", "http", Listener.Network);
        Assert.Contains("id=\"insecure\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<form", page, StringComparison.Ordinal);
        var (status, refused) = await SendAsync(HttpMethods.Post, "/pair", "http", Listener.Network, $"code={code}");
        Assert.Equal(403, status);
        Assert.DoesNotContain("esk_", refused, StringComparison.Ordinal);
        var e = await Assert.ThrowsAsync<PairingException>(() => SendAsync(HttpMethods.Post, "/edge/v1/pair", "http", Listener.Network, $$"""{"code":"{{code}}"}"""));
        Assert.Equal(PairingError.Unencrypted, e.Error);
        Assert.Equal((PairingState.Open, 0), (_desk.All[0].Status.State, _desk.All[0].Status.Tries));
    }

    [Fact]
    public async Task Encrypted_or_on_the_box_itself_the_form_pairs()
    {
        foreach (var (scheme, listener) in new[] { ("https", Listener.Network), ("http", Listener.Loopback), ("http", Listener.Control) })
        {
            Assert.Contains("<form", (await SendAsync(HttpMethods.Get, "/pair", scheme, listener)).Page, StringComparison.Ordinal);
            var (status, page) = await SendAsync(HttpMethods.Post, "/pair", scheme, listener, $"name=a+b&code={CodeText.Show(Open())}");
            Assert.Equal(201, status);
            Assert.Contains("esk_", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_typed_comes_back_encoded()
    {
        var (status, page) = await SendAsync(HttpMethods.Post, "/pair", "https", Listener.Network, "code=%22%3E%3Cscript%3E1&name=%3Cb%3E");
        Assert.Equal(400, status);
        Assert.DoesNotContain("<script>1", page, StringComparison.Ordinal);
        Assert.DoesNotContain("value=\"<b>", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;", page, StringComparison.Ordinal);
    }

    private string Open() => _desk.Open(new PairingWish(null, Scope.Infer, []), "test").Code;

    private async Task<(int Status, string Page)> SendAsync(string method, string path, string scheme, Listener listener, string? body = null)
    {
        var endpoint = _server.Endpoints.OfType<RouteEndpoint>().Single(e => e.RoutePattern.RawText == path && e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Contains(method));
        using var answer = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = _server.App.Services };
        context.Features.Set(listener);
        (context.Request.Method, context.Request.Path, context.Request.Scheme) = (method, path, scheme);
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body ?? ""));
        context.Response.Body = answer;
        await endpoint.RequestDelegate!(context);
        return (context.Response.StatusCode, Encoding.UTF8.GetString(answer.ToArray()));
    }
}
