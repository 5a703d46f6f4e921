using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using EdgeServe.Engine.Storage;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>
/// A data directory as somebody sees it who has all of it, the box's key in <c>device/</c> included, and knows the formats: written
/// from their description, not with the program's code.
/// </summary>
internal sealed class SealedImage
{
    private const int SlotBytes = 128;
    private const int ChunkBytes = 64 << 10;
    private readonly Dictionary<string, byte[]> _files = [];

    public SealedImage(string directory)
    {
        foreach (string path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(p => !p.EndsWith(".sock", StringComparison.Ordinal)))
        {
            // The lock of a service that runs cannot be opened.
            if (Path.GetFileName(path) != "lock")
                _files[path] = Read(path);
        }

        byte[] secret = new DoubledFile(Path.Combine(directory, "device", "payload-key")).Read()!;
        byte[] wrapping = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 40, [], Encoding.ASCII.GetBytes("edgeserve job keys 1"))[..32];
        byte[] slots = _files[Path.Combine(directory, "jobs.keys")];
        for (int at = 0; at + SlotBytes <= slots.Length; at += SlotBytes)
        {
            var slot = slots.AsSpan(at, SlotBytes);
            if (slot.StartsWith("EJK1"u8))
                Keys.Add(new Key(BinaryPrimitives.ReadInt64LittleEndian(slot[8..]), slot[36..68].ToArray(), Unwrap(wrapping, slot)));
        }
    }

    /// <summary>Every key that can be opened.</summary>
    public List<Key> Keys { get; } = [];

    /// <summary>The files that hold these bytes.</summary>
    public string[] FilesWith(ReadOnlyMemory<byte> bytes) => [.. _files.Where(f => f.Value.AsSpan().IndexOf(bytes.Span) >= 0).Select(f => Path.GetFileName(f.Key))];

    /// <summary>Tries every key on everything that looks like a payload, in every file at every place.</summary>
    /// <returns>What opened it, and the content; null: nothing opens it.</returns>
    public (Key Key, byte[] Content)? Open(string job, int part, int length)
    {
        foreach (byte[] file in _files.Values)
        {
            for (int at = file.AsSpan().IndexOf("EPL\x02\x01"u8); at >= 0; at = Next(file, at))
            {
                foreach (var key in Keys)
                {
                    if (Unseal(file.AsSpan(at), key, job, part, length) is { } content)
                        return (key, content);
                }
            }
        }

        return null;
    }

    private static int Next(byte[] file, int at) => file.AsSpan(at + 1).IndexOf("EPL\x02\x01"u8) is >= 0 and var more ? at + 1 + more : -1;

    private static byte[]? Unseal(ReadOnlySpan<byte> payload, Key key, string job, int part, int length)
    {
        const int header = 32;
        byte[] bound = [.. payload[..Math.Min(header, payload.Length)], .. Convert.FromHexString(job), (byte)part];
        byte[] content = new byte[length];
        using var cipher = new AesGcm(key.Secret, 16);
        int from = header;
        for (int done = 0, chunk = 0; done < length; chunk++)
        {
            int bytes = Math.Min(ChunkBytes, length - done);
            if (payload.Length < from + bytes + 16)
                return null;
            byte[] nonce = [.. payload[24..32], 0, 0, 0, 0];
            BinaryPrimitives.WriteUInt32BigEndian(nonce.AsSpan(8), (uint)chunk | (done + bytes == length ? 1u << 31 : 0));
            try
            {
                cipher.Decrypt(nonce, payload.Slice(from, bytes), payload.Slice(from + bytes, 16), content.AsSpan(done, bytes), bound);
            }
            catch (AuthenticationTagMismatchException)
            {
                return null;
            }

            done += bytes;
            from += bytes + 16;
        }

        return content;
    }

    private static byte[] Unwrap(byte[] wrapping, ReadOnlySpan<byte> slot)
    {
        byte[] secret = new byte[32];
        using var cipher = new AesGcm(wrapping, 16);
        cipher.Decrypt(slot[24..36], slot[36..68], slot[68..84], secret, slot[..24]);
        return secret;
    }

    private static byte[] Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    /// <param name="Name">Of the key.</param>
    /// <param name="Wrapped">As it stands in its slot.</param>
    /// <param name="Secret">Unwrapped.</param>
    internal sealed record Key(long Name, byte[] Wrapped, byte[] Secret);
}
