using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgeServe.Tests.Security;

/// <summary>The server as it is built, not started: its routes are all there.</summary>
internal sealed class BuiltServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("edgeserve-built-").FullName;
    private readonly DataDirectory _data;

    public BuiltServer(params (string Key, string Value)[] settings)
    {
        var values = settings.ToDictionary(s => s.Key, s => (string?)s.Value);
        values["Repository:Path"] = _directory;
        Assert.True(EffectiveConfiguration.TryLoad(null, values, out var configuration, out _));
        _data = new DataDirectory(Path.Combine(_directory, "data"));
        App = Server.Build(configuration, _data);
    }

    public WebApplication App { get; }

    public IEnumerable<Endpoint> Endpoints => ((IEndpointRouteBuilder)App).DataSources.SelectMany(s => s.Endpoints);

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        _data.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
