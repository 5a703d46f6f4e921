namespace EdgeServe.AcceptanceTests.Running;

/// <summary>A server with a network whose bounds are near.</summary>
public sealed class TightServer : LanServer
{
    public const int Connections = 24;
    public const int ConnectionsPerAddress = 12;
    public const int Streams = 5;
    public const int HeaderBytes = 4096;
    public const int Headers = 20;
    public const int BodyBytes = 1 << 20;

    protected override IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>
    {
        ["EDGESERVE__Limits__MaxLanConnections"] = $"{Connections}",
        ["EDGESERVE__Limits__MaxConnectionsPerAddress"] = $"{ConnectionsPerAddress}",
        ["EDGESERVE__Limits__MaxStreamsPerConnection"] = $"{Streams}",
        ["EDGESERVE__Limits__MaxHeaderBytes"] = $"{HeaderBytes}",
        ["EDGESERVE__Limits__MaxHeaders"] = $"{Headers}",
        ["EDGESERVE__Limits__MaxBytesInFlight"] = $"{2 * BodyBytes}",
        ["EDGESERVE__Limits__MaxRequestBytes"] = $"{BodyBytes}",
        ["EDGESERVE__Limits__MaxGrpcMessageBytes"] = $"{BodyBytes}",
        ["EDGESERVE__Limits__HeaderSeconds"] = "2",
        ["EDGESERVE__Limits__HandshakeSeconds"] = "2",
        ["EDGESERVE__Limits__IdleSeconds"] = "3",
        ["EDGESERVE__Limits__MinBytesPerSecond"] = "200000",
        ["EDGESERVE__Limits__SlowSeconds"] = "2",
    };
}
