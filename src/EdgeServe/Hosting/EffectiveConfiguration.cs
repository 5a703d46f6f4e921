using System.Text.Json;
using Microsoft.Extensions.Configuration.Json;

namespace EdgeServe.Hosting;

/// <summary>
/// The configuration in force and where each value came from. Later sources win: built-in defaults, <c>appsettings.json</c>
/// beside the program, <c>--config</c>, the environment (<c>EDGESERVE__Section__Key</c>), flags.
/// </summary>
internal sealed class EffectiveConfiguration
{
    private const string EnvironmentPrefix = "EDGESERVE__";

    private EffectiveConfiguration(IConfigurationRoot root, EdgeServeOptions options)
    {
        Root = root;
        Options = options;
    }

    public IConfigurationRoot Root { get; }

    public EdgeServeOptions Options { get; }

    /// <returns>False with every error found.</returns>
    public static bool TryLoad(string? configFile, IReadOnlyDictionary<string, string?> flags, out EffectiveConfiguration configuration, out IReadOnlyList<string> errors)
    {
        configuration = null!;
        if (configFile is not null && !File.Exists(configFile))
        {
            errors = [$"--config: {Path.GetFullPath(configFile)} does not exist"];
            return false;
        }

        IConfigurationRoot root;
        var options = new EdgeServeOptions();
        try
        {
            root = Build(configFile, flags);
            root.Bind(options);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or FormatException or JsonException)
        {
            errors = [e.InnerException is { } inner ? $"{e.Message} {inner.Message}" : e.Message];
            return false;
        }

        var found = new List<string>(ConfigurationKeys.Unknown(root));
        var validation = new OptionsErrors().Validate(null, options);
        found.AddRange(validation.Failures ?? []);
        errors = found;
        configuration = new EffectiveConfiguration(root, options);
        return found.Count == 0;
    }

    /// <summary>Which source set a key: a file's name, <c>environment</c>, <c>flag</c>, or <c>default</c>.</summary>
    public string SourceOf(string key)
    {
        var set = Root.AsEnumerable().Where(p => p.Value is not null && ConfigurationKeys.Normalize(p.Key).Equals(key, StringComparison.OrdinalIgnoreCase));
        string[] sources = [.. set.Select(p => SourceOfOne(p.Key)).Distinct()];
        return sources.Length == 0 ? "default" : string.Join(", ", sources);
    }

    private string SourceOfOne(string key)
    {
        foreach (var provider in Root.Providers.Reverse())
        {
            if (!provider.TryGet(key, out _))
                continue;
            return provider switch
            {
                JsonConfigurationProvider json => json.Source.Path ?? "file",
                Microsoft.Extensions.Configuration.EnvironmentVariables.EnvironmentVariablesConfigurationProvider => "environment",
                _ => "flag",
            };
        }

        return "default";
    }

    private static IConfigurationRoot Build(string? configFile, IReadOnlyDictionary<string, string?> flags)
    {
        var builder = new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory);
        builder.AddJsonFile("appsettings.json", optional: true, reloadOnChange: false);
        if (configFile is not null)
            builder.AddJsonFile(Path.GetFullPath(configFile), optional: false, reloadOnChange: false);
        return builder.AddEnvironmentVariables(EnvironmentPrefix).AddInMemoryCollection(flags).Build();
    }
}
