namespace EdgeServe.Engine.Bundles.Packing;

/// <summary>One file of a folder on its way into a bundle.</summary>
/// <param name="Path">In the bundle, with <c>/</c>.</param>
/// <param name="File">On the disk.</param>
/// <param name="MediaType">Its role.</param>
public sealed record PackedFile(string Path, string File, string MediaType);
