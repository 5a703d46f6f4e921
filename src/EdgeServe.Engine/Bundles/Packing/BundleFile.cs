namespace EdgeServe.Engine.Bundles.Packing;

/// <summary>One file that a bundle puts into a version's folder.</summary>
/// <param name="Path">Relative to it, with <c>/</c>; made by us from the layer's role, never taken from the author unchecked.</param>
/// <param name="Layer">Its bytes.</param>
public sealed record BundleFile(string Path, Descriptor Layer);
