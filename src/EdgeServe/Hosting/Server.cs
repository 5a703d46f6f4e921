using System.Net.Sockets;
using EdgeServe.Cli;

namespace EdgeServe.Hosting;

/// <summary>Builds the host and runs it.</summary>
internal static class Server
{
    public static async Task<int> RunAsync(EffectiveConfiguration configuration, CancellationToken cancellation)
    {
        await using var app = Build(configuration);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return Report.Errors([$"cannot listen: {e.Message} Another program may hold the port; choose another with --urls and --grpc-urls."], ExitCodes.Failed);
        }

        await app.WaitForShutdownAsync(cancellation);
        return ExitCodes.Ok;
    }

    public static WebApplication Build(EffectiveConfiguration configuration)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(configuration.Root);
        builder.AddEdgeServe(configuration.Options);
        var app = builder.Build();
        app.UseEdgeServe(configuration.Options);
        return app;
    }
}
