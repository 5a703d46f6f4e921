using System.Security.Cryptography;
using System.Text;
using EdgeServe.Security.Keys;

namespace EdgeServe.Security.Pairing;

/// <summary>
/// Codes as people read them aloud and type them: 25 signs, none of which looks like another (no 0 O Q, no 1 I L, no U beside
/// V; 2 5 6 8, but no Z S G B). A short code is 37.1 random bits for five minutes, a long one 92.8 for as long as it takes; each
/// allows five wrong tries.
/// </summary>
internal static class CodeText
{
    public const string Signs = "23456789ACDEFHJKMNPRTVWXY";
    public const int ShortLength = 8;
    public const int LongLength = 20;
    private const int Group = 4;
    private const int MostTyped = 64;

    public static string Make(int length) => RandomNumberGenerator.GetString(Signs, length);

    /// <summary>In groups of four.</summary>
    public static string Show(string code) => string.Join('-', code.Chunk(Group).Select(g => new string(g)));

    /// <returns>What was typed without case, spaces and dashes; null when no code was ever written so.</returns>
    public static string? Read(string typed)
    {
        if (typed.Length > MostTyped)
            return null;
        var code = new StringBuilder();
        foreach (char c in typed.ToUpperInvariant())
        {
            if (c is ' ' or '-' or '\u2013')
                continue;
            if (!Signs.Contains(c, StringComparison.Ordinal))
                return null;
            code.Append(c);
        }

        return code.Length is ShortLength or LongLength ? code.ToString() : null;
    }

    /// <summary>What is kept of a code. Two hashes are compared in the same time wherever they differ.</summary>
    public static KeyHash Hash(string code) => KeyHash.Of(Encoding.ASCII.GetBytes(code));
}
