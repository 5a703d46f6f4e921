using System.Text.RegularExpressions;

namespace EdgeServe.Engine.Models;

/// <summary>The grammar of model names: lower-case words joined by one of <c>. _ -</c>.</summary>
public static partial class ModelName
{
    public const int MaxLength = 128;

    public const string Pattern = "^[a-z0-9]+([._-][a-z0-9]+)*$";

    public static bool IsValid(string name) => name.Length <= MaxLength && !name.EndsWith('\n') && Grammar().IsMatch(name);

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant)]
    private static partial Regex Grammar();
}
