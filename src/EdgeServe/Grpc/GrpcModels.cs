using EdgeServe.Engine.Inference;
using EdgeServe.Grpc.Wire;
using EdgeServe.Security;

namespace EdgeServe.Grpc;

/// <summary>The models that messages name, held against those the caller's key may use: no header says them.</summary>
internal static class GrpcModels
{
    /// <exception cref="ServingException"><see cref="ServingError.Forbidden"/>.</exception>
    public static void Check(object request, HttpContext context)
    {
        if (NameOf(request) is { Length: > 0 } model)
            Check(Caller.Of(context), model);
    }

    /// <exception cref="ServingException"><see cref="ServingError.Forbidden"/>.</exception>
    public static void Check(Caller caller, string model)
    {
        if (caller.MayUse(model))
            return;
        var (message, hint) = AccessTexts.Of(AccessError.ModelNotAllowed, caller, caller.Scope);
        throw new ServingException(ServingError.Forbidden, message, hint);
    }

    /// <returns>Null or empty: it names none.</returns>
    public static string? NameOf(object request) => request switch
    {
        ModelReadyRequest r => r.Name,
        ModelMetadataRequest r => r.Name,
        ModelConfigRequest r => r.Name,
        ModelStatisticsRequest r => r.Name,
        RepositoryModelLoadRequest r => r.ModelName,
        RepositoryModelUnloadRequest r => r.ModelName,
        TraceSettingRequest r => r.ModelName,
        _ => null,
    };
}
