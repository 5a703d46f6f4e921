using System.CommandLine;

namespace EdgeServe.Cli;

/// <summary>Flags that set configuration keys, shared by every verb that reads the configuration.</summary>
internal sealed class ConfigurationFlags
{
    private readonly Option<string> _models = new("--models") { Description = "Folder of models.", HelpName = "DIR" };
    private readonly Option<string> _data = new("--data") { Description = "Folder for what the service writes.", HelpName = "DIR" };
    private readonly Option<string> _urls = new("--urls") { Description = "HTTP addresses, separated by semicolons.", HelpName = "URLS" };
    private readonly Option<string> _grpcUrls = new("--grpc-urls") { Description = "gRPC addresses; empty for none.", HelpName = "URLS" };
    private readonly Option<string> _config = new("--config") { Description = "A JSON file of settings.", HelpName = "FILE" };
    private readonly Option<bool> _insecure = new("--insecure") { Description = "Listen beyond loopback without TLS; keys are asked for all the same." };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _models, _data, _urls, _grpcUrls, _config, _insecure })
            command.Options.Add(option);
    }

    /// <summary>Path of <c>--config</c>; null when not given.</summary>
    public string? ConfigFile(ParseResult parsed) => parsed.GetValue(_config);

    /// <summary>Configuration keys set by flags.</summary>
    public Dictionary<string, string?> Values(ParseResult parsed)
    {
        var values = new Dictionary<string, string?>();
        void Set(string key, string? value)
        {
            if (value is not null)
                values[key] = value;
        }

        Set("Repository:Path", parsed.GetValue(_models));
        Set("Server:DataDirectory", parsed.GetValue(_data));
        Set("Server:Urls", parsed.GetValue(_urls));
        Set("Server:GrpcUrls", parsed.GetValue(_grpcUrls));
        if (parsed.GetValue(_insecure))
            Set("Server:Insecure", "true");
        return values;
    }
}
