using System.Text;
using System.Text.Json;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Http.Oip;

/// <summary>The parameters of a load request: a configuration and uploaded files.</summary>
internal sealed class LoadRequest : IDisposable
{
    private const string FilePrefix = "file:";
    private readonly StagedUpload? _staged;

    private LoadRequest(LoadOverride? with, StagedUpload? staged)
    {
        Override = with;
        _staged = staged;
    }

    public LoadOverride? Override { get; }

    /// <exception cref="ServingException">Each refusal names the parameter and why.</exception>
    public static LoadRequest Read(string model, JsonElement body, ModelCatalog catalog)
    {
        if (!body.TryGetProperty("parameters", out var parameters))
            return new LoadRequest(null, null);
        if (parameters.ValueKind != JsonValueKind.Object)
            throw ServingException.Invalid("'parameters' must be an object");
        string? config = null;
        var files = new List<(string Path, byte[] Content)>();
        foreach (var parameter in parameters.EnumerateObject())
        {
            if (parameter.Name == "config" && parameter.Value.ValueKind == JsonValueKind.String)
                config = parameter.Value.GetString();
            else if (parameter.Name.StartsWith(FilePrefix, StringComparison.Ordinal))
                files.Add((parameter.Name[FilePrefix.Length..], Content(model, parameter, catalog)));
            else
                throw ServingException.Invalid($"failed to load '{model}', unexpected parameter '{parameter.Name}'; 'config' (a string) and 'file:<path>' are known");
        }

        return From(model, config, files, catalog);
    }

    /// <summary>The same for a caller that has the parameters already apart (gRPC).</summary>
    public static LoadRequest From(string model, string? config, List<(string Path, byte[] Content)> files, ModelCatalog catalog)
    {
        if (files.Count > 0 && !catalog.AllowUpload)
            throw UploadsOff(model, catalog);
        if (files.Count > 0 && config is null)
            throw ServingException.Invalid($"failed to load '{model}', 'file' parameters need a 'config' parameter beside them");
        VersionPolicy? policy = null;
        var definition = config is null ? null : ModelDefinitionOverride.Read(model, Encoding.UTF8.GetBytes(config), out policy);
        if (files.Count == 0)
            return new LoadRequest(definition is null ? null : new LoadOverride(definition, policy, null, static () => { }), null);
        var staged = StagedUpload.Create(catalog.Repository, model, files);
        return new LoadRequest(new LoadOverride(definition, policy, staged.Folder, staged.Commit), staged);
    }

    public void Dispose() => _staged?.Dispose();

    private static byte[] Content(string model, JsonProperty parameter, ModelCatalog catalog)
    {
        if (!catalog.AllowUpload)
            throw UploadsOff(model, catalog);
        if (parameter.Value.ValueKind == JsonValueKind.String && parameter.Value.TryGetBytesFromBase64(out byte[]? content))
            return content;
        throw ServingException.Invalid($"failed to load '{model}', parameter '{parameter.Name}' must be base64");
    }

    private static ServingException UploadsOff(string model, ModelCatalog catalog) => catalog.IsClosed
        ? new(ServingError.ChannelOnly, $"failed to load '{model}', this device takes models from its signed channel only", "Publish it in the channel; `edgeserve update status` shows which one the device follows.")
        : new(ServingError.Forbidden, $"failed to load '{model}', uploads are switched off",
        "Set Repository:AllowUpload to true, or copy the files into the model folder on the device.");
}
