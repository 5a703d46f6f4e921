using CsCheck;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Jobs.Keys;
using EdgeServe.Tests.Engine.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Tests.Engine.Jobs;

public sealed class PayloadTests
{
    private static readonly Gen<byte[]> Content = Gen.OneOf(Gen.Byte.Array[0, 200], Gen.Byte.Array[PayloadFiles.FileFromBytes - 90, PayloadFiles.FileFromBytes + 60], Gen.Byte.Array[(2 * PayloadSeal.ChunkBytes) - 2, (2 * PayloadSeal.ChunkBytes) + 2]);

    [Fact]
    public void What_is_written_in_any_pieces_is_read() => Gen.Select(Content, Gen.Int[1, 5000], Gen.Long[-1, 100]).Sample((content, step, headerLength) =>
    {
        using var folder = new TempFolder();
        using var keys = Keys(folder);
        var files = new PayloadFiles(folder.Path, keys);
        var id = JobId.Make(0);
        var stored = Write(files, id, content, step, headerLength);
        Assert.Equal(content.Length, stored.Bytes);
        Assert.Equal(content.Length + PayloadEnvelope.OverheadBytes >= PayloadFiles.FileFromBytes ? PayloadPlace.File : PayloadPlace.Database, stored.Place);
        Assert.Equal((Convert.ToHexString(content), headerLength), Read(files, id, stored));
    }, iter: 200);

    [Fact]
    public void One_flipped_bit_is_noticed() => Gen.Select(Content, Gen.Int[0, 100_000], Gen.Int[0, 7]).Sample((content, at, bit) =>
    {
        using var folder = new TempFolder();
        using var keys = Keys(folder);
        var files = new PayloadFiles(folder.Path, keys);
        var id = JobId.Make(0);
        var stored = Write(files, id, content, 1000, -1);
        if (stored.Envelope is { } envelope)
        {
            envelope[at % envelope.Length] ^= (byte)(1 << bit);
        }
        else
        {
            string path = files.PathOf(id, PayloadPart.Request);
            byte[] bytes = File.ReadAllBytes(path);
            bytes[at % bytes.Length] ^= (byte)(1 << bit);
            File.WriteAllBytes(path, bytes);
        }

        Assert.Throws<PayloadDamagedException>(() => Read(files, id, stored));
    }, iter: 300);

    [Fact]
    public void A_missing_or_cut_file_is_damage()
    {
        using var folder = new TempFolder();
        using var keys = Keys(folder);
        var files = new PayloadFiles(folder.Path, keys);
        var id = JobId.Make(0);
        Assert.Throws<PayloadDamagedException>(() => files.Open(id, PayloadPart.Request));
        Write(files, id, new byte[100_000], 1000, -1);
        string path = files.PathOf(id, PayloadPart.Request);
        foreach (int length in new[] { 50_000, 39, 0 })
        {
            File.WriteAllBytes(path, File.ReadAllBytes(path)[..length]);
            Assert.Throws<PayloadDamagedException>(() => files.Open(id, PayloadPart.Request));
        }
    }

    private static JobKeys Keys(TempFolder folder)
    {
        var keys = new JobKeys(folder["jobs.keys"], folder["device"], null, NullLogger.Instance);
        keys.Open();
        return keys;
    }

    private static StoredPayload Write(PayloadFiles files, JobId id, byte[] content, int step, long headerLength)
    {
        using var writer = files.Create(id, PayloadPart.Request, headerLength);
        for (int i = 0; i < content.Length; i += step)
            writer.Write(content.AsSpan(i, Math.Min(step, content.Length - i)));
        return writer.Complete();
    }

    private static (string Content, long HeaderLength) Read(PayloadFiles files, JobId id, StoredPayload stored)
    {
        if (stored.Envelope is { } envelope)
        {
            var (small, length) = files.Read(id, PayloadPart.Request, envelope);
            return (Convert.ToHexString(small), length);
        }

        var (file, bytes, headerLength) = files.Open(id, PayloadPart.Request);
        using (file)
        {
            byte[] content = new byte[bytes];
            file.ReadExactly(content);
            return (Convert.ToHexString(content), headerLength);
        }
    }
}
