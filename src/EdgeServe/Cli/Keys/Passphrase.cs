using System.CommandLine;
using EdgeServe.Engine.Bundles;
using Spectre.Console;

namespace EdgeServe.Cli.Keys;

/// <summary>Where a passphrase comes from: a file, the environment, or the person at the terminal. Never an argument.</summary>
internal static class Passphrase
{
    public const string Variable = "EDGESERVE_KEY_PASSPHRASE";

    public static Option<string?> FileOption() => new("--passphrase-file") { Description = $"File whose first line is the passphrase; else {Variable}, else it is asked for.", HelpName = "FILE" };

    /// <returns>Null when none is given.</returns>
    public static string? Given(string? file) => file is not null ? File.ReadLines(file).FirstOrDefault("") : Environment.GetEnvironmentVariable(Variable);

    /// <exception cref="BundleException"><see cref="BundleError.Unauthorized"/>: there is nobody to ask.</exception>
    public static string Ask(string what) => Console.IsInputRedirected
        ? throw new BundleException(BundleError.Unauthorized, $"{what} needs a passphrase", $"Give it with --passphrase-file or in {Variable}.")
        : Terminal.Progress.Prompt(new TextPrompt<string>($"Passphrase of {what}:".EscapeMarkup()).Secret());
}
