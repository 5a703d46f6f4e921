namespace EdgeServe.Engine.Bundles.Channels;

/// <summary>One model of a release.</summary>
/// <param name="Name">Model name.</param>
/// <param name="Version">Positive.</param>
/// <param name="Manifest">Its bundle.</param>
public sealed record ChannelModel(string Name, long Version, Descriptor Manifest);
