using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace EdgeServe.Engine.Bundles;

/// <summary>The name content has by its bytes: <c>sha256:</c> and 64 lower-case hexadecimal digits, the only algorithm there is here (OCI image spec, descriptor).</summary>
public readonly record struct Digest : IComparable<Digest>
{
    private const string Prefix = "sha256:";
    private const int HexDigits = 64;
    private readonly string? _hex;

    private Digest(string hex) => _hex = hex;

    /// <summary>Without the algorithm: a file name.</summary>
    public string Hex => _hex ?? throw new InvalidOperationException("no digest");

    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is null || text.Length != Prefix.Length + HexDigits || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        string hex = text[Prefix.Length..];
        if (!hex.AsSpan().ContainsAnyExcept("0123456789abcdef"))
            digest = new Digest(hex);
        return digest._hex is not null;
    }

    public static Digest Of(ReadOnlySpan<byte> content) => FromHash(SHA256.HashData(content));

    /// <param name="hash">32 bytes of SHA-256.</param>
    public static Digest FromHash(ReadOnlySpan<byte> hash) => new(Convert.ToHexStringLower(hash));

    public int CompareTo(Digest other) => string.CompareOrdinal(_hex, other._hex);

    public override string ToString() => Prefix + Hex;
}
