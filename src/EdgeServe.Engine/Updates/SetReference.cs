using System.Globalization;
using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Updates;

/// <summary>One release as the device has it.</summary>
/// <param name="Release">Its number in the channel.</param>
/// <param name="Digest">Of its index.</param>
public sealed record SetReference(long Release, Digest Digest)
{
    private const int HexInFolder = 12;

    /// <summary>Name of its folder in <c>active/</c>.</summary>
    internal string Folder => string.Create(CultureInfo.InvariantCulture, $"{Release}-{Digest.Hex[..HexInFolder]}");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"release {Release} ({Digest})");
}
