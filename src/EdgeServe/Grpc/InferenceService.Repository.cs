using EdgeServe.Engine.Inference;
using EdgeServe.Grpc.Wire;
using EdgeServe.Http.Oip;
using EdgeServe.Security;
using Grpc.Core;

namespace EdgeServe.Grpc;

/// <summary>The model repository extension: index, load, unload.</summary>
internal sealed partial class InferenceService
{
    private const string FilePrefix = "file:";

    public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context)
    {
        var response = new RepositoryIndexResponse();
        foreach (var entry in ModelViews.Index(catalog.Current, request.Ready, Caller.Of(context.GetHttpContext())))
        {
            response.Models.Add(new RepositoryIndexResponse.Types.ModelIndex
            {
                Name = entry.Name,
                Version = entry.Version ?? "",
                State = entry.State ?? "",
                Reason = entry.Reason ?? "",
            });
        }

        return Task.FromResult(response);
    }

    public override async Task<RepositoryModelLoadResponse> RepositoryModelLoad(RepositoryModelLoadRequest request, ServerCallContext context)
    {
        string? config = null;
        var files = new List<(string Path, byte[] Content)>();
        foreach (var (key, value) in request.Parameters)
        {
            if (key == "config" && value.ParameterChoiceCase == ModelRepositoryParameter.ParameterChoiceOneofCase.StringParam)
                config = value.StringParam;
            else if (key.StartsWith(FilePrefix, StringComparison.Ordinal) && value.ParameterChoiceCase == ModelRepositoryParameter.ParameterChoiceOneofCase.BytesParam)
                files.Add((key[FilePrefix.Length..], value.BytesParam.ToByteArray()));
            else
                throw ServingException.Invalid($"failed to load '{request.ModelName}', unexpected parameter '{WireText.Shorten(key)}'; 'config' (a string) and 'file:<path>' (bytes) are known");
        }

        using var load = LoadRequest.From(request.ModelName, config, files, catalog);
        await catalog.LoadAsync(request.ModelName, load.Override, context.CancellationToken);
        return new RepositoryModelLoadResponse();
    }

    public override async Task<RepositoryModelUnloadResponse> RepositoryModelUnload(RepositoryModelUnloadRequest request, ServerCallContext context)
    {
        await catalog.UnloadAsync(request.ModelName, context.CancellationToken);
        return new RepositoryModelUnloadResponse();
    }
}
