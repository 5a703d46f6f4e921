using System.Text.Json.Serialization.Metadata;

namespace EdgeServe.Http;

/// <summary>Small JSON answers: status 200, <c>application/json</c> without charset, a Content-Length.</summary>
internal static class JsonResponse
{
    public static Task WriteAsync<T>(HttpContext context, T body, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        byte[] utf8 = WireJson.ToUtf8(body, type);
        context.Response.StatusCode = status;
        context.Response.ContentType = ErrorResponses.JsonContentType;
        context.Response.ContentLength = utf8.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(utf8, context.RequestAborted).AsTask();
    }
}
