using System.Buffers.Binary;

namespace EdgeServe.Engine.Storage;

/// <summary>What the kernel says of a file (struct statx, the same on every processor).</summary>
/// <param name="Device">The file system it is on.</param>
/// <param name="Inode">Its number there.</param>
/// <param name="Size">In bytes.</param>
/// <param name="ChangedSeconds">Last change of its content, whole seconds.</param>
/// <param name="ChangedNanoseconds">And the rest.</param>
/// <param name="Mode">Kind and permissions.</param>
/// <param name="Owner">The user it belongs to.</param>
internal readonly record struct FileStatus(ulong Device, ulong Inode, long Size, long ChangedSeconds, uint ChangedNanoseconds, ushort Mode, uint Owner)
{
    public const int Bytes = 256;
    public const int NoFollow = 0x100;
    public const int EmptyPath = 0x1000;
    public const uint Mask = 0x7FF; // STATX_BASIC_STATS
    private const int KindMask = 0xF000, File = 0x8000, Folder = 0x4000;

    public bool IsFile => (Mode & KindMask) == File;

    public bool IsFolder => (Mode & KindMask) == Folder;

    public static FileStatus Of(ReadOnlySpan<byte> statx) => new(
        (ulong)Read32(statx, 0x88) << 32 | Read32(statx, 0x8C),
        BinaryPrimitives.ReadUInt64LittleEndian(statx[0x20..]),
        BinaryPrimitives.ReadInt64LittleEndian(statx[0x28..]),
        BinaryPrimitives.ReadInt64LittleEndian(statx[0x70..]),
        Read32(statx, 0x78),
        BinaryPrimitives.ReadUInt16LittleEndian(statx[0x1C..]),
        Read32(statx, 0x14));

    private static uint Read32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
