using System.Globalization;
using EdgeServe.Engine.Inference;

namespace EdgeServe.Http.Oip;

/// <summary>What the protocol's routes share.</summary>
internal static class Routes
{
    private static readonly string[] Reads = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>A GET that answers HEAD as well.</summary>
    public static void MapReads(this IEndpointRouteBuilder routes, string pattern, RequestDelegate handler) =>
        routes.MapMethods(pattern, Reads, handler);

    /// <summary>The same handler under <c>…/models/{model}/…</c> and <c>…/models/{model}/versions/{version}/…</c>.</summary>
    public static void MapModel(this IEndpointRouteBuilder routes, string method, string suffix, Func<HttpContext, string, long, Task> handler, string prefix = "/v2")
    {
        string[] methods = method == HttpMethods.Get ? Reads : [method];
        routes.MapMethods(prefix + "/models/{model}" + suffix, methods, context => handler(context, Model(context), 0));
        routes.MapMethods(prefix + "/models/{model}/versions/{version}" + suffix, methods, context =>
            TryVersion(context, out long version) ? handler(context, Model(context), version) : NotFoundAsync(context));
    }

    public static string Model(HttpContext context) => (string)context.Request.RouteValues["model"]!;

    private static Task NotFoundAsync(HttpContext context) => ErrorResponses.WriteAsync(context, StatusCodes.Status404NotFound, "Not Found");

    private static bool TryVersion(HttpContext context, out long version)
    {
        string text = (string)context.Request.RouteValues["version"]!;
        if (text.AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            version = 0;
            return false;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out version) || version == 0)
            throw new ServingException(ServingError.UnknownModel, $"Request for unknown model: '{Model(context)}' version {(text.Length > 20 ? text[..20] + "…" : text)} is not found");
        return true;
    }
}
