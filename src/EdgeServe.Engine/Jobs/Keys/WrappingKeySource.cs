namespace EdgeServe.Engine.Jobs.Keys;

/// <summary>Where a wrapping key's secret is kept. The numbers are on the disk.</summary>
internal enum WrappingKeySource
{
    /// <summary><c>device/payload-key</c>, made by the box.</summary>
    Device = 1,

    /// <summary>A systemd credential, <c>edgeserve-payload-key</c>.</summary>
    Credential = 2,
}
