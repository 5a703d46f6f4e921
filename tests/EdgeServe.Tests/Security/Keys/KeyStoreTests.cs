using EdgeServe.Engine.Device;
using EdgeServe.Security;
using EdgeServe.Security.Keys;
using EdgeServe.Tests.Engine.Device;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Security.Keys;

public sealed class KeyStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("edgeserve-keys-").FullName;
    private readonly JumpingTime _running = new(new DateTimeOffset(2027, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeTimeProvider _timers = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_key_outlives_a_restart_and_its_text_is_kept_nowhere()
    {
        string text;
        using (var keys = Open())
            text = keys.Add(Wish("ward 1") with { Models = ["digits"] }, "test").Text;
        using var again = Open();
        var caller = Find(again, text);
        Assert.NotNull(caller);
        Assert.Equal(("ward 1", Scope.Infer, true, false), (caller.Name, caller.Scope, caller.MayUse("digits"), caller.MayUse("ocr-detection")));
        foreach (string file in Directory.EnumerateFiles(_directory))
        {
            string content = File.ReadAllText(file, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(text[4..], content, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexString(System.Buffers.Text.Base64Url.DecodeFromChars(text.AsSpan(4))[..32]), content, StringComparison.OrdinalIgnoreCase);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(file).UnixFileMode);
        }
    }

    [Fact]
    public void A_revoked_key_stays_revoked_whichever_copy_is_damaged()
    {
        foreach (string copy in new[] { "keys.a", "keys.b" })
        {
            string text;
            using (var keys = Open())
            {
                text = keys.Add(Wish("lost " + copy), "test").Text;
                keys.Revoke("lost " + copy, "test");
            }

            byte[] whole = File.ReadAllBytes(Path.Combine(_directory, copy));
            byte[] damaged = [.. whole];
            damaged[^1] ^= 1;
            File.WriteAllBytes(Path.Combine(_directory, copy), damaged);
            using (var again = Open())
                Assert.True(Find(again, text)!.Key!.Revoked);
            File.WriteAllBytes(Path.Combine(_directory, copy), whole);
        }
    }

    [Fact]
    public void With_both_copies_damaged_no_key_works_until_they_are_made_anew()
    {
        string text;
        using (var keys = Open())
            text = keys.Add(Wish("a"), "test").Text;
        foreach (string file in Directory.EnumerateFiles(_directory, "keys.*"))
            File.WriteAllText(file, "damaged");
        using var again = Open();
        Assert.Null(Find(again, text));
        Assert.NotNull(again.Trouble);
        Assert.Equal(KeyError.KeysDamaged, Assert.Throws<KeyException>(() => again.Add(Wish("b"), "test")).Error);
        string admin = again.Reset("test").Text;
        Assert.Null(again.Trouble);
        Assert.Equal(Scope.Admin, Find(again, admin)!.Scope);
    }

    [Fact]
    public void A_life_counts_running_time_whatever_the_wall_clock_says()
    {
        using var keys = Open();
        var caller = Find(keys, keys.Add(Wish("a") with { Lifetime = TimeSpan.FromHours(2) }, "test").Text)!;
        // Set ten years forward: running time does not move.
        _running.Wall = _running.Wall.AddYears(10);
        Assert.False(keys.IsExpired(caller.Key!));
        Advance(TimeSpan.FromMinutes(119));
        Assert.False(keys.IsExpired(caller.Key!) || caller.Ended.IsCancellationRequested);
        Advance(TimeSpan.FromMinutes(2));
        Assert.True(keys.IsExpired(caller.Key!));
        // And what is open under it ends by itself.
        Assert.True(caller.Ended.IsCancellationRequested);
    }

    [Fact]
    public void A_lost_clock_makes_no_key_last_longer()
    {
        string text;
        using (var keys = Open(running: TimeSpan.FromDays(100)))
            text = keys.Add(Wish("a") with { Lifetime = TimeSpan.FromHours(1) }, "test").Text;
        using var again = Open();
        Advance(TimeSpan.FromMinutes(61));
        Assert.True(again.IsExpired(Find(again, text)!.Key!));
    }

    [Fact]
    public void Revoking_ends_what_is_open_and_nothing_else()
    {
        using var keys = Open();
        var one = Find(keys, keys.Add(Wish("one"), "test").Text)!;
        var two = Find(keys, keys.Add(Wish("two"), "test").Text)!;
        keys.Rename("two", "zwei", "test");
        keys.Revoke(one.Owner, "test");
        Assert.True(one.Ended.IsCancellationRequested);
        Assert.False(two.Ended.IsCancellationRequested);
        Assert.Equal((AccessError.KeyRevoked, "zwei"), (one.EndedBy, two.Name));
        Assert.Equal(KeyError.UnknownKey, Assert.Throws<KeyException>(() => keys.Revoke("one", "test")).Error);
    }

    [Fact]
    public void A_reset_leaves_one_key()
    {
        using var keys = Open();
        var before = Find(keys, keys.Add(Wish("a") with { Scope = Scope.Admin }, "test").Text)!;
        keys.Reset("test");
        Assert.True(before.Ended.IsCancellationRequested);
        var left = Assert.Single(keys.Keys, k => !k.Revoked);
        Assert.Equal(Scope.Admin, left.Scope);
    }

    [Fact]
    public void Names_are_one_key_s_each_and_free_again_when_it_is_revoked()
    {
        using var keys = Open();
        keys.Add(Wish("a"), "test");
        keys.Add(Wish("b"), "test");
        Assert.Equal(KeyError.NameTaken, Assert.Throws<KeyException>(() => keys.Add(Wish("a"), "test")).Error);
        Assert.Equal(KeyError.NameTaken, Assert.Throws<KeyException>(() => keys.Rename("b", "a", "test")).Error);
        keys.Revoke("a", "test");
        keys.Rename("b", "a", "test");
        Assert.Equal(2, keys.Keys.Count);
    }

    [Fact]
    public void The_file_stays_within_what_a_doubled_file_holds()
    {
        string[] models = [.. Enumerable.Range(0, KeyWish.MostModels).Select(i => $"a-model-of-some-length-{i}")];
        var most = Enumerable.Range(0, KeyStore.MostKeys).Select(i => new StoredKey(
            $"k{i:x16}", new string('é', KeyWish.LongestName), new string('0', 64), Scope.Operate, models, 1_000_000, long.MaxValue, long.MaxValue, "Synchronized", long.MaxValue, false));
        Assert.InRange(KeyFile.Write([.. most]).Length, 1, 1 << 20);
    }

    public static TheoryData<string, object> BadWishes { get; } = new()
    {
        { "no name", Wish("") },
        { "a slash", Wish("a/b") },
        { "dots", Wish("..") },
        { "a line break", Wish("a\nb") },
        { "long", Wish(new string('a', 61)) },
        { "no scope", Wish("a") with { Scope = Scope.Anyone } },
        { "no model", Wish("a") with { Models = ["../x"] } },
        { "admin of one model", Wish("a") with { Scope = Scope.Admin, Models = ["digits"] } },
        { "no life", Wish("a") with { Lifetime = TimeSpan.Zero } },
        { "no rate", Wish("a") with { RequestsPerSecond = 0 } },
    };

    [Theory]
    [MemberData(nameof(BadWishes))]
    public void What_cannot_be_is_refused_and_changes_nothing(string what, object wish)
    {
        using var keys = Open();
        Assert.True(Assert.Throws<KeyException>(() => keys.Add((KeyWish)wish, "test")).Error == KeyError.InvalidKey, what);
        Assert.Empty(keys.Keys);
    }

    private static KeyWish Wish(string name) => new(name, Scope.Infer, [], null, null);

    private static Caller? Find(KeyStore keys, string text) => KeyText.TryHash(text, out var hash) ? keys.Find(hash) : null;

    private void Advance(TimeSpan time)
    {
        _running.Advance(time);
        _timers.Advance(time);
    }

    private KeyStore Open(TimeSpan running = default)
    {
        var clock = new DeviceClock(_running, null, "boot", TimeSpan.Zero);
        clock.AtLeast((long)running.TotalMilliseconds);
        return new KeyStore(_directory, clock, _timers, 0, NullLogger<KeyStore>.Instance);
    }
}
