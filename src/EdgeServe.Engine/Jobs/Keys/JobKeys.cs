using System.Diagnostics;
using System.Security.Cryptography;
using EdgeServe.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Jobs.Keys;

/// <summary>
/// The keys of jobs, one each, wrapped, in slots of a file of their own that are overwritten in place: what the database, its
/// log or a copy of it ever held of a job cannot be opened once its slot is erased. Keys are on the disk before a job asks
/// for one, so that taking a job costs no write here; erasures of many jobs share one fdatasync. A thread of its own does both.
/// </summary>
internal sealed partial class JobKeys : IDisposable
{
    private const int LeastReady = 64;
    private const int MostReady = 2048;
    internal const int FingerprintSlot = 0;
    private const byte FingerprintVersion = 1;
    private const int FingerprintBytes = 16;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OftenEnough = TimeSpan.FromSeconds(1);
    private readonly object _gate = new();
    private readonly string _path;
    private readonly ILogger _log;
    private readonly KeyFile _file;
    private readonly WrappingKeys _wrapping;
    private readonly Queue<PayloadKey> _ready = new();
    private readonly HashSet<long> _locked = [];
    private readonly List<(long Number, TaskCompletionSource Source)> _waiting = [];
    private readonly SlotMap _slots = new();
    private List<KeyErasure> _erasing = [];
    private byte[]? _fingerprints;
    private Thread? _thread;
    private Exception? _refillError;
    private long _asked, _done, _rounds, _lastRefill;
    private int _target = LeastReady;
    private bool _open, _refill, _failing, _stopping;

    /// <param name="path">Of the file of slots.</param>
    /// <param name="device">The folder of the box's own wrapping key.</param>
    /// <param name="credentials">The folder systemd puts credentials into; null: there is none.</param>
    /// <param name="log">For what cannot be erased or opened.</param>
    public JobKeys(string path, string device, string? credentials, ILogger log)
    {
        _path = path;
        _log = log;
        _file = new KeyFile(path);
        _wrapping = new WrappingKeys(device, credentials);
    }

    /// <summary>Reads the file once. Writes nothing.</summary>
    public void Open()
    {
        lock (_gate)
        {
            if (_open)
                return;
            _wrapping.Read();
            _file.Open();
            int lost = 0;
            _file.Scan((slot, content) => lost += Know(slot, content.Span) ? 0 : 1);
            if (lost > 0)
                Log.Lost(_log, lost, _path);
            _open = true;
        }
    }

    /// <summary>Jobs whose key a credential wraps that this process was not given.</summary>
    public int CountLocked(IEnumerable<long> named) => _locked.Count == 0 ? 0 : named.Count(_locked.Contains);

    /// <summary>A key that is durable and that nobody had before.</summary>
    /// <exception cref="IOException">The disk does not take one.</exception>
    public PayloadKey Take()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_ready.TryDequeue(out var key))
                {
                    if (_ready.Count < _target / 2)
                        WantMore();
                    return key;
                }

                Await(() => _ready.Count > 0);
            }
        }
    }

    /// <summary>The key of that name.</summary>
    /// <exception cref="PayloadDamagedException">It was destroyed, or cannot be opened.</exception>
    public PayloadKey Open(KeyRef name)
    {
        Span<byte> slot = stackalloc byte[KeySlot.Bytes];
        _file.Read(name.Slot, slot);
        if (KeySlot.NameOf(slot) != name)
            throw new PayloadDamagedException("cannot be opened: its key was destroyed");
        if (_wrapping.Find(KeySlot.WrappingKeyOf(slot)) is not { } with || KeySlot.Open(slot, with) is not { } secret)
            throw new PayloadDamagedException("cannot be opened: its key is damaged or wrapped by another box's");
        return new PayloadKey(name, secret);
    }

    /// <summary>Is it here, not destroyed?</summary>
    public bool Holds(KeyRef name)
    {
        Span<byte> slot = stackalloc byte[KeySlot.Bytes];
        _file.Read(name.Slot, slot);
        return KeySlot.NameOf(slot) == name;
    }

    /// <summary>Destroys a key, soon: <see cref="SettledAsync"/> says when. Harmless for one that is destroyed.</summary>
    public void Erase(KeyRef name)
    {
        if (!name.IsNone)
            Erase([new KeyErasure(name.Slot, name)]);
    }

    /// <summary>Completes when everything that was to be destroyed until now is overwritten on the disk.</summary>
    /// <exception cref="StorageException">The disk did not take it. It is tried again until it does.</exception>
    public Task SettledAsync()
    {
        lock (_gate)
        {
            if (_done == _asked)
                return Task.CompletedTask;
            if (_stopping)
                return Task.FromException(Unsettled(null));
            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((_asked, source));
            return source.Task;
        }
    }

    /// <summary>Destroys every key that was here at the start and that no job names: what a crash left.</summary>
    /// <returns>How many.</returns>
    public int Reclaim(IReadOnlySet<long> named)
    {
        var orphans = new List<KeyErasure>();
        lock (_gate)
        {
            _file.Scan((slot, content) =>
            {
                var name = KeySlot.NameOf(content.Span);
                if (slot != FingerprintSlot && _slots.WasFound(slot) && !named.Contains(name.Value))
                    orphans.Add(new KeyErasure(slot, name));
            });
        }

        Erase(orphans);
        return orphans.Count;
    }

    /// <summary>Stands for a request without telling anything of it to who has not this box's keys.</summary>
    public byte[] Fingerprint(ReadOnlySpan<byte> request)
    {
        byte[] secret;
        lock (_gate)
        {
            if (_fingerprints is null)
                Await(() => _fingerprints is not null);
            secret = _fingerprints!;
        }

        return [FingerprintVersion, .. HMACSHA256.HashData(secret, request).AsSpan(0, FingerprintBytes)];
    }

    /// <summary>Was it made by <see cref="Fingerprint"/>, or by a program before there were keys?</summary>
    public static bool IsFingerprint(byte[] body) => body.Length == 1 + FingerprintBytes;

    /// <summary>For a backup: the secret of fingerprints, and the keys of these names as far as they are here.</summary>
    public IEnumerable<(KeyRef Name, byte[] Secret)> Export(IEnumerable<KeyRef> names)
    {
        if (_fingerprints is { } fingerprints)
            yield return (default, fingerprints.ToArray());
        foreach (var name in names)
        {
            PayloadKey key;
            try
            {
                key = Open(name);
            }
            catch (PayloadDamagedException)
            {
                // Deleted since the copy was made, or lost before.
                continue;
            }

            using (key)
                yield return (name, key.Secret.ToArray());
        }
    }

    /// <summary>For a restore: destroys every key that is here and puts these in their places, wrapped for this box.</summary>
    public void Replace(IEnumerable<(KeyRef Name, byte[] Secret)> keys)
    {
        lock (_gate)
        {
            byte[] slot = new byte[KeySlot.Bytes];
            for (int i = 0; i < _file.Count; i++)
                _file.Write(i, slot);
            if (_file.Count > 0)
                _file.Flush();
            var with = _wrapping.Current();
            foreach (var (name, secret) in keys)
            {
                while (_file.Count <= name.Slot)
                    _file.Grow();
                KeySlot.Write(slot, name.IsNone ? new KeyRef(FingerprintSlot, 1) : name, secret, with);
                _file.Write(name.Slot, slot);
            }

            if (_file.Count > 0)
                _file.Flush();
        }
    }

    /// <summary>What was to be destroyed is, if the disk takes it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }

        _thread?.Join();
        lock (_gate)
        {
            while (_ready.TryDequeue(out var key))
                key.Dispose();
            _file.Dispose();
        }
    }

    /// <returns>False when what wraps it is lost.</returns>
    private bool Know(int slot, ReadOnlySpan<byte> content)
    {
        if (KeySlot.IsFree(content))
            return true;
        _slots.Found(slot);
        var with = _wrapping.Find(KeySlot.WrappingKeyOf(content));
        if (slot == FingerprintSlot)
            _fingerprints = with is null ? null : KeySlot.Open(content, with);
        if (with is null && KeySlot.SourceOf(content) == WrappingKeySource.Credential)
            return _locked.Add(KeySlot.NameOf(content).Value);
        return with is not null;
    }

    private void Erase(List<KeyErasure> erasures)
    {
        if (erasures.Count == 0)
            return;
        lock (_gate)
        {
            _erasing.AddRange(erasures);
            _asked += erasures.Count;
            Signal();
        }
    }

    /// <summary>With the lock held.</summary>
    private void WantMore()
    {
        _refill = true;
        Signal();
    }

    /// <summary>With the lock held.</summary>
    private void Await(Func<bool> there)
    {
        while (!there())
        {
            if (!_open || _stopping)
                throw new IOException("keys of jobs are not to be had: the service is not up, or stops");
            long round = _rounds;
            WantMore();
            while (_rounds == round && !_stopping)
                Monitor.Wait(_gate);
            if (!there() && _refillError is { } error)
                throw new IOException(error.Message, error.HResult);
        }
    }

    /// <summary>With the lock held.</summary>
    private void Signal()
    {
        if (_thread is null)
        {
            _thread = new Thread(Loop) { IsBackground = true, Name = "job keys" };
            _thread.Start();
        }

        Monitor.PulseAll(_gate);
    }

    private void Loop()
    {
        while (true)
        {
            List<KeyErasure> erasing;
            List<int> slots = [];
            long asked;
            bool first;
            lock (_gate)
            {
                while (!_stopping && !_refill && (_erasing.Count == 0 || _failing))
                {
                    // What could not be destroyed is tried again without being asked.
                    if (!Monitor.Wait(_gate, _failing ? Retry : Timeout.InfiniteTimeSpan))
                        break;
                }

                if (_stopping && _erasing.Count == 0)
                    return;
                erasing = _erasing;
                _erasing = [];
                asked = _asked;
                first = _fingerprints is null;
                if (_refill && !_stopping)
                {
                    // Asked for again within a second: more at a time, so that their fdatasync is shared by more.
                    if (_lastRefill > 0 && Stopwatch.GetElapsedTime(_lastRefill) < OftenEnough)
                        _target = Math.Min(MostReady, _target * 2);
                    _lastRefill = Stopwatch.GetTimestamp();
                    slots = _slots.Free(_target - _ready.Count);
                }
            }

            var round = new KeyRound(_file, _wrapping);
            round.Write(erasing, slots, first);
            if (Settle(round, erasing, asked, slots))
                return;
        }
    }

    /// <returns>Is this the end?</returns>
    private bool Settle(KeyRound round, List<KeyErasure> erasing, long asked, List<int> slots)
    {
        var eraseError = round.EraseError;
        lock (_gate)
        {
            _rounds++;
            _refillError = round.RefillError;
            _refill = false;
            _fingerprints ??= round.Fingerprints;
            if (_refillError is null)
            {
                foreach (var key in round.Made)
                    _ready.Enqueue(key);
                slots.ForEach(_slots.Use);
            }

            if (eraseError is null)
            {
                // Slots of names that were gone already may hold other keys by now.
                erasing.ForEach(e => Forget(e.Slot));
                _done = asked;
            }
            else
            {
                _erasing.InsertRange(0, erasing);
                if (!_failing)
                    Log.NotErased(_log, erasing.Count, eraseError.Message);
            }

            _failing = eraseError is not null;
            foreach (var (number, source) in _waiting)
            {
                if (number > asked)
                    continue;
                if (eraseError is null)
                    source.TrySetResult();
                else
                    source.TrySetException(Unsettled(eraseError));
            }

            _waiting.RemoveAll(w => w.Number <= asked);
            Monitor.PulseAll(_gate);
            return _stopping && (_erasing.Count == 0 || _failing);
        }
    }

    private void Forget(int slot)
    {
        Span<byte> content = stackalloc byte[KeySlot.Bytes];
        _file.Read(slot, content);
        if (!KeySlot.IsFree(content))
            return;
        _slots.Release(slot);
    }

    private static StorageException Unsettled(Exception? error) => new(StorageError.Broken,
        $"the key is not overwritten on the disk yet{(error is null ? "" : $": {error.Message}")}", "It is gone for clients, and destroyed as soon as the disk takes it, at the latest after the next start.", error);

    private static partial class Log
    {
        [LoggerMessage(8202, LogLevel.Error, "{Count} keys of jobs in {File} are damaged or wrapped by a key this box no longer has: requests and results they seal are lost")]
        public static partial void Lost(ILogger logger, int count, string file);

        [LoggerMessage(8203, LogLevel.Error, "{Count} keys of jobs that are gone cannot be overwritten and are tried again: {Reason}")]
        public static partial void NotErased(ILogger logger, int count, string reason);
    }
}
