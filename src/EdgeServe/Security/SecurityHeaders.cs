namespace EdgeServe.Security;

/// <summary>
/// What every answer tells a browser: nothing here is a page unless it says so itself, nothing is guessed, framed, kept or
/// told to others. Pages replace the policy by their own. Calls of gRPC go without: no browser takes them for anything.
/// <para>No Strict-Transport-Security: it holds for every port of a name, and would hide the page that explains trust.</para>
/// </summary>
internal static class SecurityHeaders
{
    public const string NoPage = "default-src 'none'; frame-ancestors 'none'";

    private const string ReferrerPolicy = "Referrer-Policy";

    public static void Set(HttpResponse response)
    {
        var headers = response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = NoPage;
        headers[ReferrerPolicy] = "no-referrer";
    }
}
