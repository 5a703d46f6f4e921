using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Grpc;

/// <summary>Installs the client once and runs all its rules against a server of its own.</summary>
public sealed partial class GrpcJsRun : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static string Folder { get; } = Path.Combine(ModelFolder.RepositoryRoot, "tests", "EdgeServe.AcceptanceTests", "Grpc", "GrpcJs");

    /// <summary>Rule to error; null: it holds.</summary>
    public Dictionary<string, string?> Results { get; } = [];

    public string Output { get; private set; } = "";

    /// <summary>The same rules over TLS, with the box's authority and a key.</summary>
    public Dictionary<string, string?> ResultsOverTls { get; } = [];

    public string OutputOverTls { get; private set; } = "";

    /// <summary>The name of the rule that a line of the client's source begins; null for other lines.</summary>
    public static string? RuleOf(string line) => Rule().Match(line) is { Success: true } match ? match.Groups[1].Value.Replace("\\'", "'", StringComparison.Ordinal) : null;

    public async ValueTask InitializeAsync()
    {
        string work = Directory.CreateTempSubdirectory("grpc-js-").FullName;
        try
        {
            foreach (string file in Directory.EnumerateFiles(Folder))
                File.Copy(file, Path.Combine(work, Path.GetFileName(file)));
            Output = await RunAsync(work, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent");
            using var models = ModelFolder.Standard();
            await using var server = await EdgeServeProcess.StartAsync(models.Path);
            string protos = Path.Combine(ModelFolder.RepositoryRoot, "src", "EdgeServe", "Grpc");
            Output += await RunAsync(work, "node", "client.mjs", protos, server.Grpc.Authority);
            // The same over TLS with a key, as a tablet's program would.
            await using var lan = new LanServer();
            await lan.InitializeAsync();
            var (key, _) = await lan.AddAsync("grpc-js", "operate");
            OutputOverTls = await RunAsync(work, "node", "client.mjs", protos, lan.Lan.Authority, lan.AuthorityFile, key);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }

        Read(Output, Results);
        Read(OutputOverTls, ResultsOverTls);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void Read(string output, Dictionary<string, string?> results)
    {
        foreach (string line in output.Split('\n').Where(l => l.StartsWith('{')))
        {
            var result = JsonDocument.Parse(line).RootElement;
            results[result.GetProperty("rule").GetString()!] = result.TryGetProperty("error", out var error) ? error.GetString() : null;
        }
    }

    private static async Task<string> RunAsync(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return await output + await error;
    }

    [GeneratedRegex(@"^  '((?:[^'\\]|\\')+)': ")]
    private static partial Regex Rule();
}
