using System.Security.Cryptography;

namespace EdgeServe.Engine.Jobs;

/// <summary>A job's name: 16 random bytes, 32 hexadecimal digits on the wire. Says nothing about other jobs.</summary>
public readonly record struct JobId(UInt128 Value)
{
    private const int Digits = 32;

    public static JobId Make()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return From(bytes);
    }

    public static JobId From(ReadOnlySpan<byte> bytes) => new(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public static bool TryParse(string text, out JobId id)
    {
        id = default;
        if (text.Length != Digits || text.AsSpan().ContainsAnyExcept(System.Buffers.SearchValues.Create("0123456789abcdef")))
            return false;
        id = From(Convert.FromHexString(text));
        return true;
    }

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return bytes;
    }

    public override string ToString() => Convert.ToHexStringLower(ToBytes());
}
