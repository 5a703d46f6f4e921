using System.Globalization;

namespace EdgeServe.Engine.Audit;

/// <summary>The last line of the audit log: whoever knows it finds out that lines were changed or cut off.</summary>
/// <param name="Sequence">Its number, from 1.</param>
/// <param name="Hash">Its SHA-256, 64 hexadecimal digits.</param>
internal sealed record AuditHead(long Sequence, string Hash)
{
    public const int HashDigits = 64;

    /// <summary>Before the first line.</summary>
    public static AuditHead None { get; } = new(0, new string('0', HashDigits));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sequence}:{Hash}");

    /// <returns>Null when it is no <c>SEQUENCE:HASH</c>.</returns>
    public static AuditHead? Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && long.TryParse(text[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out long sequence) && IsHash(text[(colon + 1)..])
            ? new AuditHead(sequence, text[(colon + 1)..])
            : null;
    }

    public static bool IsHash(string text) => text.Length == HashDigits && !text.AsSpan().ContainsAnyExcept("0123456789abcdef");
}
