using System.Security.Cryptography;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Security.Limits;

namespace EdgeServe.Security.Keys;

/// <summary>
/// The keys of this box, in <c>device/keys</c>. Readers see an immutable table behind a volatile field; every change is on
/// the disk, in both copies, before it counts, so that no damaged copy brings a revoked key back. Damaged altogether, no
/// key works until somebody on the box makes them anew.
/// <para>A key's life counts the box's running time: no clock that is set wrong, by accident or on purpose, ends a key
/// early or makes it last. It stands still while the power is off.</para>
/// </summary>
internal sealed partial class KeyStore : IDisposable
{
    public const int MostKeys = 500;
    private const int MostRevoked = 100;
    private const int IdBytes = 8;

    // What a doubled file takes, and its header.
    private const int MostBytes = (1 << 20) - 64;
    private const string AdminName = "admin";

    // The box's clock may be moved on by what the disk knows: an end is looked for at least this often.
    private static readonly TimeSpan LongestNap = TimeSpan.FromMinutes(10);
    private readonly DoubledFile _file;
    private readonly DeviceClock _clock;
    private readonly TimeProvider _time;
    private readonly int _requestsPerSecond;
    private readonly ILogger<KeyStore> _log;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private volatile Dictionary<KeyHash, Caller> _callers = [];
    private volatile string? _trouble;

    /// <param name="directory"><c>device/</c> of the data directory.</param>
    /// <param name="clock">The box's running time.</param>
    /// <param name="time">The process's clocks.</param>
    /// <param name="requestsPerSecond">Of a key that says nothing else; 0: no limit.</param>
    /// <param name="log">Who changed what.</param>
    public KeyStore(string directory, DeviceClock clock, TimeProvider time, int requestsPerSecond, ILogger<KeyStore> log)
    {
        _file = new DoubledFile(Path.Combine(directory, "keys"), secret: true);
        _clock = clock;
        _time = time;
        _requestsPerSecond = requestsPerSecond;
        _log = log;
        _timer = time.CreateTimer(_ => EndExpired(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Load();
    }

    /// <summary>All keys are about to be taken back; by whom. Raised on the thread that does: every other way in must be closed when it returns.</summary>
    public event Action<string>? Resetting;

    /// <summary>Why no key works; null when they do.</summary>
    public string? Trouble => _trouble;

    /// <summary>Those in use and those lately revoked, the oldest first.</summary>
    public IReadOnlyList<StoredKey> Keys => [.. _callers.Values.Select(c => c.Key!).OrderBy(k => k.MadeMs).ThenBy(k => k.Id, StringComparer.Ordinal)];

    /// <summary>The keys as they are now: another object after every change.</summary>
    public object Table => _callers;

    /// <summary>Who has this key; null: nobody ever had.</summary>
    public Caller? Find(KeyHash hash) => _callers.GetValueOrDefault(hash);

    public bool IsExpired(StoredKey key) => key.ExpiresMs != 0 && _clock.Now >= key.ExpiresMs;

    /// <summary>A new key, durable when it returns.</summary>
    /// <param name="wish">What it shall be.</param>
    /// <param name="by">Who makes it.</param>
    /// <returns>What is kept, and the only copy of the text.</returns>
    /// <exception cref="KeyException">It cannot be.</exception>
    /// <exception cref="StorageException">It was not kept.</exception>
    public (StoredKey Key, string Text) Add(KeyWish wish, string by)
    {
        wish.Check();
        return Change(() =>
        {
            var keys = Current();
            Free(wish.Name, keys, but: null);
            if (keys.Count(k => !k.Revoked) >= MostKeys)
                throw new KeyException(KeyError.TooManyKeys, $"there are {MostKeys} keys already", "Revoke those that nobody uses: edgeserve tablet list, edgeserve tablet revoke NAME.");
            string text = KeyText.Make(out var hash);
            var key = Make(wish, hash);
            Keep([.. keys, key]);
            Log.Added(_log, key.Id, key.Name, key.Scope, by);
            return (key, text);
        });
    }

    /// <exception cref="KeyException">There is no such key, or the name is taken.</exception>
    public StoredKey Rename(string idOrName, string name, string by)
    {
        KeyWish.CheckName(name);
        return Change(() =>
        {
            var keys = Current();
            var before = Require(idOrName, keys);
            Free(name, keys, before);
            var after = before with { Name = name };
            Keep([.. keys.Select(k => k == before ? after : k)]);
            Log.Renamed(_log, after.Id, before.Name, name, by);
            return after;
        });
    }

    /// <summary>Works from the moment it returns, on what is open too.</summary>
    /// <exception cref="KeyException">There is no such key.</exception>
    public StoredKey Revoke(string idOrName, string by) => Change(() =>
    {
        var keys = Current();
        var before = Require(idOrName, keys);
        var after = before with { Revoked = true };
        Keep([.. keys.Select(k => k == before ? after : k)]);
        Log.Revoked(_log, after.Id, after.Name, by);
        return after;
    });

    /// <summary>Revokes every key there is, damaged or not, and makes one of scope admin: for who lost the last.</summary>
    public (StoredKey Key, string Text) Reset(string by)
    {
        Resetting?.Invoke(by);
        return Change(() =>
        {
            string text = KeyText.Make(out var hash);
            var key = Make(new KeyWish(AdminName, Scope.Admin, [], null, null), hash);
            Keep([.. _callers.Values.Select(c => c.Key! with { Revoked = true }), key]);
            Log.Reset(_log, key.Id, by);
            return (key, text);
        });
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>One change at a time; whom it puts out is cut off behind the lock, since that runs code of others.</summary>
    private T Change<T>(Func<T> change)
    {
        T result;
        lock (_gate)
            result = change();
        EndExpired();
        return result;
    }

    private StoredKey Make(KeyWish wish, KeyHash hash) => new(
        "k" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)), wish.Name, hash.ToString(), wish.Scope,
        wish.Models.Length == 0 ? null : [.. wish.Models.Distinct(StringComparer.Ordinal)], wish.RequestsPerSecond, _clock.Now, _clock.Wall, _clock.Quality.ToString(),
        wish.Lifetime is { } life ? _clock.Now + (long)life.TotalMilliseconds : 0, false);

    private void Load()
    {
        try
        {
            if (_file.Read() is { } content)
            {
                if (KeyFile.Read(content) is { } keys)
                {
                    // Should the clock's own file be gone, no key lasts longer for it.
                    foreach (var key in keys)
                        _clock.AtLeast(key.MadeMs);
                    Show(keys);
                    EndExpired();
                    return;
                }

                _trouble = "the keys were written by a newer program";
            }
            else if (_file.Exists)
            {
                _trouble = "both copies of the keys are damaged";
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _trouble = $"the keys cannot be read: {e.Message}";
        }

        if (_trouble is { } trouble)
            Log.Damaged(_log, trouble);
    }

    private List<StoredKey> Current() => _trouble is { } trouble
        ? throw new KeyException(KeyError.KeysDamaged, trouble, "On the box: edgeserve key-admin reset revokes all of them and makes a new one.")
        : [.. Keys];

    private static StoredKey Require(string idOrName, List<StoredKey> keys) => keys.Find(k => !k.Revoked && (k.Id == idOrName || k.Name == idOrName))
        ?? throw new KeyException(KeyError.UnknownKey, $"there is no key '{(idOrName.Length > 60 ? idOrName[..60] + "…" : idOrName)}' in use", "edgeserve tablet list shows those there are.");

    private static void Free(string name, List<StoredKey> keys, StoredKey? but)
    {
        // An id is a name too, wherever a key is asked for.
        if (keys.Exists(k => k != but && !k.Revoked && (k.Name == name || k.Id == name)))
            throw new KeyException(KeyError.NameTaken, $"a key named '{name}' is in use", "Choose another name, or revoke that key first.");
    }

    private void Keep(List<StoredKey> keys)
    {
        foreach (var old in keys.Where(k => k.Revoked).OrderByDescending(k => k.MadeMs).Skip(MostRevoked).ToArray())
            keys.Remove(old);
        byte[] content = KeyFile.Write([.. keys]);
        if (content.Length > MostBytes)
            throw new KeyException(KeyError.TooManyKeys, "the keys and the models they name take too much room", "Revoke keys that nobody uses, or let them name fewer models.");
        try
        {
            _file.WriteBoth(content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                DiskErrors.Describe(e).Error, $"the keys cannot be written: {e.Message}", "Try again: whether this change lasts is not known. edgeserve doctor looks at the disk.", e);
        }

        _trouble = null;
        Show(keys);
    }

    /// <summary>Makes the keys those that count.</summary>
    private void Show(IEnumerable<StoredKey> keys)
    {
        var before = _callers;
        var callers = new Dictionary<KeyHash, Caller>();
        foreach (var key in keys)
        {
            if (!KeyHash.TryParse(key.Hash, out var hash))
                continue;
            if (before.TryGetValue(hash, out var caller))
                caller.Key = key;
            else
                caller = new Caller(key, new RateLimit(key.RequestsPerSecond ?? _requestsPerSecond, _time.TimestampFrequency));
            callers[hash] = caller;
        }

        _callers = callers;
    }

    /// <summary>Cuts off whom the keys no longer let in; comes again when the next one's time is over.</summary>
    private void EndExpired()
    {
        long now = _clock.Now;
        long next = long.MaxValue;
        foreach (var caller in _callers.Values)
        {
            var key = caller.Key!;
            if (key.Revoked || IsExpired(key))
                caller.End();
            else if (key.ExpiresMs != 0)
                next = Math.Min(next, key.ExpiresMs - now);
        }

        if (next != long.MaxValue)
            _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(next, 1, LongestNap.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    private static partial class Log
    {
        [LoggerMessage(8001, LogLevel.Information, "Key {Id} '{Name}' of scope {Scope} was made by {By}")]
        public static partial void Added(ILogger logger, string id, string name, Scope scope, string by);

        [LoggerMessage(8002, LogLevel.Information, "Key {Id} '{Before}' was named '{After}' by {By}")]
        public static partial void Renamed(ILogger logger, string id, string before, string after, string by);

        [LoggerMessage(8003, LogLevel.Information, "Key {Id} '{Name}' was revoked by {By}")]
        public static partial void Revoked(ILogger logger, string id, string name, string by);

        [LoggerMessage(8004, LogLevel.Warning, "All keys were revoked and admin key {Id} was made by {By}")]
        public static partial void Reset(ILogger logger, string id, string by);

        [LoggerMessage(8005, LogLevel.Error, "No key works: {Trouble}. On the box, edgeserve key-admin reset makes a new one")]
        public static partial void Damaged(ILogger logger, string trouble);
    }
}
