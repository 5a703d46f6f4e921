using System.CommandLine;
using EdgeServe.Hosting;

namespace EdgeServe.Cli;

/// <summary>A verb that reads the configuration and can print JSON.</summary>
internal static class ConfiguredVerb
{
    public static Option<bool> JsonOption() => new("--json") { Description = "Print JSON instead of tables." };

    /// <summary>Adds the configuration flags; runs <paramref name="run"/> only with a configuration that has no error.</summary>
    public static Command WithConfiguration(this Command command, Func<ParseResult, EffectiveConfiguration, CancellationToken, Task<int>> run)
    {
        var flags = new ConfigurationFlags();
        flags.AddTo(command);
        command.SetAction((parsed, cancellation) =>
            EffectiveConfiguration.TryLoad(flags.ConfigFile(parsed), flags.Values(parsed), out var configuration, out var errors)
                ? run(parsed, configuration, cancellation)
                : Task.FromResult(Report.Errors(errors, ExitCodes.Usage)));
        return command;
    }

    /// <returns>An error when the models folder is not there.</returns>
    public static string? MissingModels(EdgeServeOptions options) => Directory.Exists(options.Repository.Path)
        ? null
        : $"Repository:Path: {Path.GetFullPath(options.Repository.Path)} is not a folder; name one with --models DIR";
}
