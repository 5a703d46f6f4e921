using System.CommandLine;
using EdgeServe.Engine.Bundles.Registry;

namespace EdgeServe.Cli.Channels;

/// <summary>The options with which a registry is spoken to, the same for every verb. A password is never an argument: those are seen by everybody on the machine.</summary>
internal sealed class RegistryAccess
{
    public const string UserVariable = "EDGESERVE_REGISTRY_USER";
    public const string PasswordVariable = "EDGESERVE_REGISTRY_PASSWORD";

    private readonly Option<string?> _user = new("--user") { Description = $"Registry user; else {UserVariable}.", HelpName = "NAME" };
    private readonly Option<string?> _password = new("--password-file") { Description = $"File with the registry password; else {PasswordVariable}.", HelpName = "FILE" };
    private readonly Option<bool> _insecure = new("--insecure") { Description = "Speak plain HTTP to a registry on another host." };

    public RegistryAccess(Command command)
    {
        command.Options.Add(_user);
        command.Options.Add(_password);
        command.Options.Add(_insecure);
    }

    public RegistryOptions Read(ParseResult parsed) => new()
    {
        Username = parsed.GetValue(_user) ?? Environment.GetEnvironmentVariable(UserVariable),
        Password = parsed.GetValue(_password) is { } file ? RegistryOptions.PasswordFrom(file) : Environment.GetEnvironmentVariable(PasswordVariable),
        Insecure = parsed.GetValue(_insecure),
    };
}
