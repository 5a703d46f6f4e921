namespace EdgeServe.Grpc;

/// <summary>How a field's value is laid out in the protobuf encoding.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    Fixed32 = 5,
}
