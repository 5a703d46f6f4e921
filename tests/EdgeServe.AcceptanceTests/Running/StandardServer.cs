using EdgeServe.AcceptanceTests.Running;

[assembly: AssemblyFixture(typeof(StandardServer))]

namespace EdgeServe.AcceptanceTests.Running;

/// <summary>One server with the standard models for all tests that leave it as they found it.</summary>
public sealed class StandardServer : IAsyncLifetime
{
    private readonly ModelFolder _models = ModelFolder.Standard();

    internal EdgeServeProcess Process { get; private set; } = null!;

    public HttpClient Client => Process.Client;

    public async ValueTask InitializeAsync() => Process = await EdgeServeProcess.StartAsync(_models.Path);

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _models.Dispose();
    }
}
