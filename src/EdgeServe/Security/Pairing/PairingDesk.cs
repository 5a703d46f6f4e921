using System.Security.Cryptography;
using EdgeServe.Security.Keys;

namespace EdgeServe.Security.Pairing;

/// <summary>
/// Where a code becomes a key, once. 1 somebody with a key of scope admin, or on the box, asks for a code; 2 a tablet
/// sends it; 3 it is held against every code in the same time; 4 a wrong one counts against all that are open, since nobody
/// knows which was meant, and the fifth locks them; 5 the right one is used up first, then the key is made.
/// <para>Short codes live in memory, hashed, for five minutes of the monotonic clock. The long one of a setup card is
/// <see cref="SetupCode"/>'s. Neither is ever logged or kept in clear.</para>
/// </summary>
internal sealed partial class PairingDesk : IDisposable
{
    public const int MostTries = 5;
    public const int MostOpen = 16;
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    // Those that ended stay a while, so that whoever has their code is told why it does not work.
    private const int MostEnded = 48;
    private const int IdBytes = 4;
    private readonly KeyStore _keys;
    private readonly SetupCode _setup;
    private readonly TimeProvider _time;
    private readonly ILogger<PairingDesk> _log;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly List<OpenPairing> _pairings = [];
    private long? _reopenedUntil;
    private int _reopenedTries;

    public PairingDesk(KeyStore keys, SetupCode setup, TimeProvider time, ILogger<PairingDesk> log)
    {
        _keys = keys;
        _setup = setup;
        _time = time;
        _log = log;
        _timer = time.CreateTimer(_ => Tick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        keys.Resetting += CancelAll;
    }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<OpenPairing> All
    {
        get
        {
            lock (_gate)
                return [.. _pairings.AsEnumerable().Reverse()];
        }
    }

    /// <summary>The long code, as far as it is known; null: there never was one.</summary>
    public StoredSetupCode? Setup
    {
        get
        {
            lock (_gate)
                return _setup.Kept();
        }
    }

    /// <summary>How long a code still lasts.</summary>
    public TimeSpan Left(OpenPairing pairing)
    {
        var left = _time.GetElapsedTime(_time.GetTimestamp(), pairing.Deadline);
        return pairing.Status.State != PairingState.Open || left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    /// <summary>Step 1.</summary>
    /// <returns>The pairing, and the only copy of its code.</returns>
    /// <exception cref="KeyException">There can be no such key.</exception>
    /// <exception cref="PairingException"><see cref="PairingError.TooManyPairings"/>.</exception>
    public (OpenPairing Pairing, string Code) Open(PairingWish wish, string by)
    {
        wish.Check();
        lock (_gate)
        {
            EndExpired();
            if (_pairings.Count(IsOpen) >= MostOpen)
                throw new PairingException(PairingError.TooManyPairings, $"{MostOpen} codes are open already", "Cancel one that nobody uses, or wait five minutes.");
            while (_pairings.Count - _pairings.Count(IsOpen) >= MostEnded)
                _pairings.Remove(_pairings.First(p => !IsOpen(p)));
            string code = CodeText.Make(CodeText.ShortLength);
            string id = "p" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
            var pairing = new OpenPairing(id, by, wish, CodeText.Hash(code), _time.GetTimestamp() + (long)(Lifetime.TotalSeconds * _time.TimestampFrequency));
            _pairings.Add(pairing);
            Arm();
            Log.Opened(_log, id, wish.Scope, by);
            return (pairing, code);
        }
    }

    /// <exception cref="PairingException"><see cref="PairingError.UnknownPairing"/>.</exception>
    public OpenPairing Find(string id)
    {
        lock (_gate)
        {
            EndExpired();
            return _pairings.Find(p => p.Id == id) ?? throw new PairingException(PairingError.UnknownPairing, $"there is no pairing '{(id.Length > 40 ? id[..40] + "…" : id)}'", "GET /edge/v1/pairings lists those there are; a restart forgets all.");
        }
    }

    /// <summary>Takes a code back. One that is open no longer stays what it is.</summary>
    public OpenPairing Cancel(string id, string by)
    {
        lock (_gate)
        {
            var pairing = Find(id);
            Cancel(pairing, by);
            return pairing;
        }
    }

    /// <summary>A long code for a card, in the place of the one before.</summary>
    public string ReplaceSetup(Scope scope, string by)
    {
        lock (_gate)
        {
            string code = _setup.Replace(scope);
            Log.SetupMade(_log, scope, by);
            return code;
        }
    }

    /// <summary>The same, but only for a box that nobody ever had a way into: no key, not even one taken back, and no card.</summary>
    /// <returns>Null: there is one, or was.</returns>
    public string? FirstSetup(Scope scope, string by)
    {
        lock (_gate)
        {
            bool hadWay = _keys.Trouble is not null || _keys.Keys.Count > 0 || _setup.Kept() is { State: not PairingState.Cancelled };
            return hadWay ? null : ReplaceSetup(scope, by);
        }
    }

    /// <summary>Takes the long code back.</summary>
    public StoredSetupCode? CancelSetup(string by)
    {
        lock (_gate)
        {
            _reopenedUntil = null;
            if (_setup.Kept() is not { State: PairingState.Open or PairingState.Paired } kept)
                return _setup.Kept();
            // One that was used is of use with the button; not any more. It still counts as a way in that was there.
            kept = kept with { State = kept.State == PairingState.Open ? PairingState.Cancelled : PairingState.Expired };
            _setup.Keep(kept);
            Log.Cancelled(_log, "setup", by);
            return kept;
        }
    }

    /// <summary>May the setup card that is kept let one more tablet in?</summary>
    public bool IsReopened
    {
        get
        {
            lock (_gate)
                return IsReopenedNow;
        }
    }

    private bool IsReopenedNow => _reopenedUntil is { } until && _time.GetTimestamp() < until;

    /// <summary>
    /// Somebody holds the box in the hand, and pressed its button: for five minutes the code on the card it has lets one more tablet in,
    /// with a key of scope infer whatever the card's was. Card and button together; one of them alone opens nothing. A restart ends it.
    /// </summary>
    /// <returns>Why not; null: it does.</returns>
    /// <exception cref="StorageException">The disk does not say whether there is a card.</exception>
    public string? Reopen(string by)
    {
        lock (_gate)
        {
            if (_setup.Kept() is not { State: PairingState.Open or PairingState.Paired })
                return "this box has no setup card, or its card was taken back or locked: print one with edgeserve setup-card";
            _reopenedUntil = _time.GetTimestamp() + (long)(Lifetime.TotalSeconds * _time.TimestampFrequency);
            _reopenedTries = 0;
            Log.Reopened(_log, by, (int)Lifetime.TotalMinutes);
            return null;
        }
    }

    /// <summary>Steps 2 to 5.</summary>
    /// <param name="typed">The code.</param>
    /// <param name="tablet">What the tablet calls itself.</param>
    /// <returns>What is kept of the key, and the only copy of its text.</returns>
    /// <exception cref="PairingException">Why not.</exception>
    public (StoredKey Key, string Text) Redeem(string typed, string? tablet)
    {
        if (CodeText.Read(typed) is not { } code)
            throw new PairingException(PairingError.CodeMalformed, $"this is not written like a code: {CodeText.ShortLength} signs, or {CodeText.LongLength} from a setup card", $"Look at it again. Codes have only these signs: {CodeText.Signs}.");
        var hash = CodeText.Hash(code);
        lock (_gate)
        {
            EndExpired();
            return code.Length == CodeText.LongLength ? RedeemLong(hash, tablet) : RedeemShort(hash, tablet);
        }
    }

    public void Dispose()
    {
        _keys.Resetting -= CancelAll;
        _timer.Dispose();
    }

    private (StoredKey Key, string Text) RedeemShort(KeyHash hash, string? tablet)
    {
        OpenPairing? found = null;
        foreach (var pairing in _pairings) // 3
            found = pairing.Code.Equals(hash) ? pairing : found;
        if (found is null)
        {
            foreach (var pairing in _pairings.Where(IsOpen)) // 4
            {
                pairing.Status = Wrong(pairing.Status);
                if (!IsOpen(pairing))
                    Log.Locked(_log, pairing.Id, MostTries);
            }

            throw WrongCode();
        }

        Require(found.Status.State);
        // 5: nobody else gets in between, since this holds the lock; a key that cannot be made uses nothing up.
        var added = Add(found.Wish, tablet, "pairing " + found.Id);
        found.Status = found.Status with { State = PairingState.Paired, Key = added.Key };
        Log.Paired(_log, found.Id, added.Key.Id, added.Key.Name);
        return added;
    }

    private (StoredKey Key, string Text) RedeemLong(KeyHash hash, string? tablet)
    {
        if (_setup.Kept() is not { } kept || !KeyHash.TryParse(kept.Hash, out var right))
            throw WrongCode();
        if (!right.Equals(hash)) // 3
        {
            if (IsReopenedNow && ++_reopenedTries >= MostTries) // 4
            {
                _reopenedUntil = null;
                Log.Locked(_log, "setup", MostTries);
            }

            if (kept.State == PairingState.Open) // 4
            {
                var status = Wrong(new PairingStatus(kept.State, kept.Tries, null));
                _setup.Keep(kept with { State = status.State, Tries = status.Tries });
                if (status.State == PairingState.Locked)
                    Log.Locked(_log, "setup", MostTries);
            }

            throw WrongCode();
        }

        if (kept.State == PairingState.Paired && IsReopenedNow)
        {
            var again = Add(new PairingWish(null, Scope.Infer, []), tablet, "setup card and button"); // 5
            _reopenedUntil = null;
            Log.Paired(_log, "setup", again.Key.Id, again.Key.Name);
            return again;
        }

        Require(kept.State);
        _setup.Keep(kept with { State = PairingState.Paired }); // 5
        _reopenedUntil = null;
        try
        {
            var added = Add(new PairingWish(null, kept.Scope, []), tablet, "setup card");
            Log.Paired(_log, "setup", added.Key.Id, added.Key.Name);
            return added;
        }
        catch
        {
            // No key was made: the card is good for another try, if the disk takes that.
            _setup.Keep(kept);
            throw;
        }
    }

    private (StoredKey Key, string Text) Add(PairingWish wish, string? tablet, string by) =>
        _keys.Add(wish.Key(TabletName.Free(wish.Name ?? TabletName.Clean(tablet), _keys.Keys)), by);

    private static PairingStatus Wrong(PairingStatus status) =>
        status with { Tries = status.Tries + 1, State = status.Tries + 1 >= MostTries ? PairingState.Locked : PairingState.Open };

    /// <summary>Whoever has the right code is told what became of it; nobody else learns that there was one.</summary>
    private static void Require(PairingState state)
    {
        const string Another = "Ask for another: edgeserve tablet pair on the box, or a new setup card.";
        switch (state)
        {
            case PairingState.Open:
                return;
            case PairingState.Paired:
                throw new PairingException(PairingError.CodeUsed, "this code was used already", "If it was not you, have that key revoked: edgeserve tablet list. " + Another);
            case PairingState.Expired:
                throw new PairingException(PairingError.CodeExpired, $"this code was good for {Lifetime.TotalMinutes:0} minutes, which are over", Another);
            case PairingState.Locked:
                throw new PairingException(PairingError.CodeLocked, $"{MostTries} wrong codes came, so this one is locked", Another);
            default:
                throw new PairingException(PairingError.CodeCancelled, "this code was taken back", Another);
        }
    }

    private static PairingException WrongCode() =>
        new(PairingError.CodeWrong, "this code is not known here", $"Look at it again: after {MostTries} wrong codes every open code is locked.");

    private static bool IsOpen(OpenPairing pairing) => pairing.Status.State == PairingState.Open;

    private void Cancel(OpenPairing pairing, string by)
    {
        if (!IsOpen(pairing))
            return;
        pairing.Status = pairing.Status with { State = PairingState.Cancelled };
        Log.Cancelled(_log, pairing.Id, by);
    }

    /// <summary>When all keys are taken back, so is every way to a new one, and first: no code becomes a key behind the reset.</summary>
    private void CancelAll(string by)
    {
        lock (_gate)
        {
            foreach (var pairing in _pairings)
                Cancel(pairing, by);
            CancelSetup(by);
        }
    }

    private void EndExpired()
    {
        long now = _time.GetTimestamp();
        foreach (var pairing in _pairings.Where(p => IsOpen(p) && now >= p.Deadline))
        {
            pairing.Status = pairing.Status with { State = PairingState.Expired };
            Log.Expired(_log, pairing.Id);
        }

        // A key that was taken back leaves no code behind.
        if (_pairings.Exists(IsOpen) && _keys.Keys.Where(k => k.Revoked).Select(k => k.Id).ToHashSet(StringComparer.Ordinal) is { Count: > 0 } revoked)
        {
            foreach (var pairing in _pairings.Where(p => revoked.Contains(p.By)))
                Cancel(pairing, "revocation");
        }
    }

    private void Tick()
    {
        lock (_gate)
        {
            EndExpired();
            Arm();
        }
    }

    /// <summary>The first that opened is the first that ends.</summary>
    private void Arm() => _timer.Change(_pairings.Find(IsOpen) is { } next ? Left(next) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    private static partial class Log
    {
        [LoggerMessage(8100, LogLevel.Information, "Pairing {Id} was opened by {By}, for a key of scope {Scope}")]
        public static partial void Opened(ILogger logger, string id, Scope scope, string by);

        [LoggerMessage(8101, LogLevel.Information, "Pairing {Id}: the tablet has key {Key} '{Name}'")]
        public static partial void Paired(ILogger logger, string id, string key, string name);

        [LoggerMessage(8102, LogLevel.Information, "Pairing {Id} is over: nobody came in time")]
        public static partial void Expired(ILogger logger, string id);

        [LoggerMessage(8103, LogLevel.Warning, "Pairing {Id} is locked after {Tries} wrong codes: somebody mistyped, or guesses")]
        public static partial void Locked(ILogger logger, string id, int tries);

        [LoggerMessage(8104, LogLevel.Information, "Pairing {Id} was cancelled by {By}")]
        public static partial void Cancelled(ILogger logger, string id, string by);

        [LoggerMessage(8317, LogLevel.Information, "By {By}, the setup card lets one more tablet in, for {Minutes} minutes")]
        public static partial void Reopened(ILogger logger, string by, int minutes);

        [LoggerMessage(8105, LogLevel.Information, "A setup code for a key of scope {Scope} was made by {By}; the one before it, if any, is good no longer")]
        public static partial void SetupMade(ILogger logger, Scope scope, string by);
    }
}
