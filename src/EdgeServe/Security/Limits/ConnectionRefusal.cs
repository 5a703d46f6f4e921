namespace EdgeServe.Security.Limits;

/// <summary>Which bound a connection met.</summary>
internal enum ConnectionRefusal
{
    /// <summary><c>Limits:MaxLanConnections</c>.</summary>
    Total,

    /// <summary><c>Limits:MaxConnectionsPerAddress</c>.</summary>
    Address,
}
