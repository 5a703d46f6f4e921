using CsCheck;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Tests.Engine.Storage;

public sealed class DoubledFileTests
{
    [Fact]
    public void The_last_value_written_is_read()
    {
        using var folder = new TempFolder();
        var file = new DoubledFile(folder["value"]);
        Assert.Null(file.Read());
        foreach (byte value in new byte[] { 1, 2, 3 })
        {
            file.Write([value]);
            Assert.Equal([value], new DoubledFile(folder["value"]).Read()!);
        }
    }

    [Fact]
    public void One_damaged_copy_costs_at_most_the_last_write() => Gen.Select(Gen.Byte.Array[1, 40], Gen.Byte.Array[1, 40], Gen.Int[0, 1000], Gen.Int[0, 7]).Sample((before, after, at, bit) =>
    {
        using var folder = new TempFolder();
        var file = new DoubledFile(folder["value"]);
        file.Write(before);
        file.Write(after);
        string newest = Directory.GetFiles(folder.Path).OrderBy(f => File.ReadAllBytes(f)[4]).Last();
        Flip(newest, at, bit);
        Assert.Equal(before, new DoubledFile(folder["value"]).Read()!);
        Flip(newest, at, bit);
        Flip(Directory.GetFiles(folder.Path).Single(f => f != newest), at, bit);
        Assert.Equal(after, new DoubledFile(folder["value"]).Read()!);
    }, iter: 300);

    [Fact]
    public void A_write_after_damage_replaces_the_damaged_copy()
    {
        using var folder = new TempFolder();
        var file = new DoubledFile(folder["value"]);
        file.Write([1]);
        file.Write([2]);
        foreach (string path in Directory.GetFiles(folder.Path).Take(1))
            File.WriteAllBytes(path, []);
        var again = new DoubledFile(folder["value"]);
        byte kept = Assert.Single(again.Read()!);
        again.Write([(byte)(kept + 10)]);
        Assert.Equal([(byte)(kept + 10)], new DoubledFile(folder["value"]).Read()!);
    }

    private static void Flip(string path, int at, int bit)
    {
        byte[] content = File.ReadAllBytes(path);
        content[at % content.Length] ^= (byte)(1 << bit);
        File.WriteAllBytes(path, content);
    }
}
