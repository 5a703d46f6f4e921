using EdgeServe.Security;

namespace EdgeServe.Http.Jobs;

/// <summary>Whose jobs a caller may see: its own. Not even a key of scope admin sees another's, only how many there are.</summary>
internal static class Owners
{
    public static string Of(HttpContext context) => Caller.Of(context).Owner;
}
