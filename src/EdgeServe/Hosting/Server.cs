using System.Net.Sockets;
using EdgeServe.Cli;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Programs;

namespace EdgeServe.Hosting;

/// <summary>Builds the host and runs it.</summary>
internal static class Server
{
    public static async Task<int> RunAsync(EffectiveConfiguration configuration, CancellationToken cancellation)
    {
        string programs = configuration.Options.Updates.ProgramDirectory;
        var data = new DataDirectory(configuration.Options.Server.DataDirectory) { TrialFile = programs.Length > 0 ? ProgramPlace.TrialOf(programs) : null };
        try
        {
            data.Take();
        }
        catch (StorageException e) when (e.Error == StorageError.InUse)
        {
            return Report.Errors([$"{e.Message}. {e.Hint}"], ExitCodes.Failed);
        }
        catch (StorageException)
        {
            // Serving does not need it; storage says so and tries again.
        }

        await using var app = Build(configuration, data);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // What had started before the port was refused ends in order, not in the middle of what it does.
            await app.StopAsync(CancellationToken.None);
            return Report.Errors([$"cannot listen: {e.Message} Another program may hold the port; choose another with --urls and --grpc-urls."], ExitCodes.Failed);
        }

        if (data.IsTaken)
            ControlSocket.Protect(data.Path);
        await app.WaitForShutdownAsync(cancellation);
        return ExitCodes.Ok;
    }

    public static WebApplication Build(EffectiveConfiguration configuration, DataDirectory data)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(configuration.Root);
        builder.AddEdgeServe(configuration.Options, data);
        var app = builder.Build();
        app.UseEdgeServe(configuration.Options);
        return app;
    }
}
