namespace EdgeServe.Http.Jobs;

/// <summary>Whose jobs a caller may see.</summary>
internal static class Owners
{
    /// <summary>Everybody's, until there are keys.</summary>
    public const string Local = "local";

    public static string Of(HttpContext context) => Local;
}
