using EdgeServe.Http;

namespace EdgeServe.Security;

/// <summary>
/// Behind routing and before every route: the one place where a caller's key is held against what the route needs
/// (<see cref="AccessTable"/>). gRPC messages name their models themselves; <see cref="Grpc.GrpcModels"/> looks there.
/// </summary>
internal sealed class Access(RequestDelegate next, Doorman doorman, AccessMeter meter, RefusalNotes notes)
{
    public Task InvokeAsync(HttpContext context)
    {
        var rule = AccessTable.Of(context.GetEndpoint());
        var error = doorman.Judge(context, rule.Scope, out var caller, out var wait);
        if (error == AccessError.None && !caller.MayUseAll && context.Request.RouteValues.TryGetValue("model", out object? model) && !caller.MayUse((string)model!))
            error = AccessError.ModelNotAllowed;
        if (error != AccessError.None)
        {
            meter.Refused(error);
            notes.Refused(error, context.Connection.RemoteIpAddress);
            return ErrorResponses.WriteAsync(context, error, caller, rule.Scope, wait);
        }

        context.Features.Set(caller);
        var answer = next(context);
        return rule.EndsItself || answer.IsCompletedSuccessfully || !caller.Ended.CanBeCanceled ? answer : UntilEndedAsync(context, caller, answer);
    }

    /// <summary>A key that ends takes what is open under it along: nothing is accepted after that. One that has ended already does so at once.</summary>
    private static async Task UntilEndedAsync(HttpContext context, Caller caller, Task answer)
    {
        await using var end = caller.Ended.UnsafeRegister(static context => ((HttpContext)context!).Abort(), context);
        await answer;
    }
}
