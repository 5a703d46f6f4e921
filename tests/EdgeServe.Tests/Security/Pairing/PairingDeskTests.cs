using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Security;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace EdgeServe.Tests.Security.Pairing;

public sealed class PairingDeskTests : IDisposable
{
    private const string Operator = "operator";
    private readonly string _directory = Directory.CreateTempSubdirectory("edgeserve-pairing-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly LogText _log = new();
    private readonly KeyStore _keys;
    private PairingDesk _desk;

    public PairingDeskTests()
    {
        _keys = new KeyStore(_directory, new DeviceClock(_time, null, "boot", TimeSpan.Zero), _time, 0, new LogText<KeyStore>(_log));
        _desk = Desk();
    }

    public void Dispose()
    {
        _desk.Dispose();
        _keys.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void A_code_becomes_one_key_and_no_second()
    {
        var (pairing, code) = _desk.Open(new PairingWish(null, Scope.Operate, ["digits"]), Operator);
        var (key, text) = _desk.Redeem(CodeText.Show(code).ToLowerInvariant(), "ward 3");
        Assert.Equal(("ward 3", Scope.Operate, "digits"), (key.Name, key.Scope, Assert.Single(key.Models!)));
        Assert.True(KeyText.TryHash(text, out var hash));
        Assert.Equal(key.Id, _keys.Find(hash)!.Owner);
        Assert.Equal((PairingState.Paired, key.Id), (pairing.Status.State, pairing.Status.Key!.Id));
        Assert.True(pairing.Ended.IsCompletedSuccessfully);
        Refused(PairingError.CodeUsed, code);
        Assert.Single(_keys.Keys);
    }

    [Fact]
    public void Five_minutes_are_counted_by_the_monotonic_clock_and_end_by_themselves()
    {
        var (pairing, code) = _desk.Open(Wish, Operator);
        _time.Advance(PairingDesk.Lifetime - TimeSpan.FromMilliseconds(1));
        Assert.Equal(PairingState.Open, pairing.Status.State);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(pairing.Ended.IsCompletedSuccessfully);
        Assert.Equal((PairingState.Expired, TimeSpan.Zero), (pairing.Status.State, _desk.Left(pairing)));
        Refused(PairingError.CodeExpired, code);
        Assert.Empty(_keys.Keys);
    }

    [Fact]
    public void Each_of_several_codes_ends_at_its_own_time()
    {
        var first = _desk.Open(Wish, Operator).Pairing;
        _time.Advance(TimeSpan.FromMinutes(3));
        var second = _desk.Open(Wish, Operator).Pairing;
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((true, false), (first.Ended.IsCompleted, second.Ended.IsCompleted));
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.True(second.Ended.IsCompleted);
    }

    [Fact]
    public void The_fifth_wrong_code_locks_every_open_one_and_the_right_one_is_told_so()
    {
        var (one, code) = _desk.Open(Wish, Operator);
        var (two, _) = _desk.Open(Wish, Operator);
        for (int i = 0; i < PairingDesk.MostTries - 1; i++)
            Refused(PairingError.CodeWrong, Wrong(code));
        Assert.Equal((PairingState.Open, 4), (one.Status.State, one.Status.Tries));
        Refused(PairingError.CodeWrong, Wrong(code));
        Assert.Equal((PairingState.Locked, PairingState.Locked), (one.Status.State, two.Status.State));
        Refused(PairingError.CodeLocked, code);
        Assert.Empty(_keys.Keys);
        // A new one starts anew.
        var (_, next) = _desk.Open(Wish, Operator);
        Assert.NotNull(_desk.Redeem(next, null).Text);
    }

    [Fact]
    public void After_four_wrong_codes_the_right_one_still_works()
    {
        var (_, code) = _desk.Open(Wish, Operator);
        for (int i = 0; i < PairingDesk.MostTries - 1; i++)
            Refused(PairingError.CodeWrong, Wrong(code));
        Assert.NotNull(_desk.Redeem(code, null).Text);
    }

    [Fact]
    public void What_is_not_written_like_a_code_is_no_try()
    {
        var (pairing, code) = _desk.Open(Wish, Operator);
        foreach (string typed in new[] { "", "0OIL", code + "A", code[1..] })
            Refused(PairingError.CodeMalformed, typed);
        Assert.Equal(0, pairing.Status.Tries);
    }

    [Fact]
    public void Taken_back_a_code_is_good_for_nothing()
    {
        var (pairing, code) = _desk.Open(Wish, Operator);
        _desk.Cancel(pairing.Id, Operator);
        Refused(PairingError.CodeCancelled, code);
        Assert.Equal(PairingError.UnknownPairing, Assert.Throws<PairingException>(() => _desk.Cancel("nobody", Operator)).Error);
    }

    [Fact]
    public void A_key_that_is_taken_back_leaves_no_code_behind()
    {
        var (admin, _) = _keys.Add(new KeyWish("stolen", Scope.Admin, [], null, null), "test");
        var (_, code) = _desk.Open(Wish, admin.Id);
        var (_, other) = _desk.Open(Wish, Operator);
        _keys.Revoke(admin.Id, "test");
        Refused(PairingError.CodeCancelled, code);
        Assert.NotNull(_desk.Redeem(other, null).Text);
    }

    [Fact]
    public void A_reset_of_the_keys_takes_every_code_along_the_card_s_too()
    {
        var (_, code) = _desk.Open(Wish, Operator);
        string card = _desk.ReplaceSetup(Scope.Admin, Operator);
        _keys.Reset("test");
        Refused(PairingError.CodeCancelled, code);
        Refused(PairingError.CodeCancelled, card);
    }

    [Fact]
    public void A_key_that_cannot_be_made_uses_no_code_up()
    {
        var (pairing, code) = _desk.Open(Wish, Operator);
        for (int i = 0; i < KeyStore.MostKeys; i++)
            _keys.Add(new KeyWish($"k{i}", Scope.Infer, [], null, null), "test");
        Assert.Equal(KeyError.TooManyKeys, Assert.Throws<KeyException>(() => _desk.Redeem(code, null)).Error);
        Assert.Equal(PairingState.Open, pairing.Status.State);
        _keys.Revoke("k0", "test");
        Assert.NotNull(_desk.Redeem(code, null).Text);
    }

    [Fact]
    public void Two_tablets_of_one_name_are_told_apart()
    {
        string[] names = [.. Enumerable.Range(0, 3).Select(_ => _desk.Redeem(_desk.Open(Wish, Operator).Code, "iPad").Key.Name)];
        Assert.Equal(["iPad", "iPad 2", "iPad 3"], names);
        Assert.Equal("from the office", _desk.Redeem(_desk.Open(Wish with { Name = "from the office" }, Operator).Code, "iPad").Key.Name);
    }

    [Fact]
    public void There_are_only_so_many_codes_at_once()
    {
        for (int i = 0; i < PairingDesk.MostOpen; i++)
            _desk.Open(Wish, Operator);
        Assert.Equal(PairingError.TooManyPairings, Assert.Throws<PairingException>(() => _desk.Open(Wish, Operator)).Error);
        _time.Advance(PairingDesk.Lifetime);
        for (int i = 0; i < 200; i++)
            _desk.Cancel(_desk.Open(Wish, Operator).Pairing.Id, Operator);
        Assert.InRange(_desk.All.Count, 1, 64);
    }

    [Fact]
    public void What_no_key_can_be_is_refused_before_there_is_a_code()
    {
        Assert.Throws<KeyException>(() => _desk.Open(new PairingWish("a/b", Scope.Infer, []), Operator));
        Assert.Throws<KeyException>(() => _desk.Open(new PairingWish(null, Scope.Admin, ["digits"]), Operator));
        Assert.Empty(_desk.All);
    }

    [Fact]
    public void A_setup_code_outlives_restarts_and_is_good_once()
    {
        string card = _desk.ReplaceSetup(Scope.Admin, Operator);
        Restart();
        _time.Advance(TimeSpan.FromDays(400));
        var (key, _) = _desk.Redeem(CodeText.Show(card), "first");
        Assert.Equal((Scope.Admin, "first"), (key.Scope, key.Name));
        Restart();
        Refused(PairingError.CodeUsed, card);
    }

    [Fact]
    public void A_setup_code_locks_after_five_wrong_ones_over_restarts_and_whichever_copy_is_damaged()
    {
        string card = _desk.ReplaceSetup(Scope.Admin, Operator);
        for (int i = 0; i < PairingDesk.MostTries; i++)
        {
            Refused(PairingError.CodeWrong, Wrong(card));
            Restart();
        }

        foreach (string copy in new[] { "setup-code.a", "setup-code.b" })
        {
            byte[] whole = File.ReadAllBytes(Path.Combine(_directory, copy));
            File.WriteAllText(Path.Combine(_directory, copy), "damaged");
            Refused(PairingError.CodeLocked, card);
            File.WriteAllBytes(Path.Combine(_directory, copy), whole);
        }

        foreach (string copy in new[] { "setup-code.a", "setup-code.b" })
            File.WriteAllText(Path.Combine(_directory, copy), "damaged");
        Refused(PairingError.CodeWrong, card);
    }

    [Fact]
    public void A_new_card_is_the_end_of_the_one_before()
    {
        string first = _desk.ReplaceSetup(Scope.Admin, Operator), second = _desk.ReplaceSetup(Scope.Infer, Operator);
        Refused(PairingError.CodeWrong, first);
        Assert.Equal(Scope.Infer, _desk.Redeem(second, null).Key.Scope);
    }

    [Fact]
    public void Short_and_long_codes_do_not_spoil_each_other()
    {
        string card = _desk.ReplaceSetup(Scope.Admin, Operator);
        var (_, code) = _desk.Open(Wish, Operator);
        for (int i = 0; i < PairingDesk.MostTries; i++)
            Refused(PairingError.CodeWrong, Wrong(code));
        Assert.Equal((PairingState.Open, 0), (_desk.Setup!.State, _desk.Setup.Tries));
        Assert.NotNull(_desk.Redeem(card, null).Text);
    }

    [Fact]
    public void A_disk_that_takes_nothing_uses_no_card_up_and_gives_no_key()
    {
        string card = _desk.ReplaceSetup(Scope.Admin, Operator);
        // A folder in the way of the file that is written first.
        foreach (string copy in new[] { "keys.a.tmp", "keys.b.tmp" })
            Directory.CreateDirectory(Path.Combine(_directory, copy));
        Assert.Throws<StorageException>(() => _desk.Redeem(card, null));
        Assert.Empty(_keys.Keys);
        foreach (string copy in new[] { "keys.a.tmp", "keys.b.tmp" })
            Directory.Delete(Path.Combine(_directory, copy));
        Assert.NotNull(_desk.Redeem(card, null).Text);
    }

    [Fact]
    public void A_first_card_is_only_for_a_box_that_nobody_has_a_way_into()
    {
        string card = _desk.FirstSetup(Scope.Admin, Operator)!;
        Assert.Null(_desk.FirstSetup(Scope.Admin, Operator));
        _desk.CancelSetup(Operator);
        Refused(PairingError.CodeCancelled, card);
        string second = _desk.FirstSetup(Scope.Admin, Operator)!;
        _desk.Redeem(second, null);
        Assert.Null(_desk.FirstSetup(Scope.Admin, Operator));
        // Taking the last key back is no invitation.
        _keys.Revoke("tablet", "test");
        Assert.Null(_desk.FirstSetup(Scope.Admin, Operator));
    }

    [Fact]
    public void A_stick_gives_no_card_to_a_box_that_has_a_key_and_never_had_a_card()
    {
        _keys.Add(new KeyWish("ward 1", Scope.Infer, [], null, null), "test");
        Assert.Null(_desk.FirstSetup(Scope.Admin, Operator));
    }

    [Fact]
    public void A_used_card_and_the_button_together_let_one_more_tablet_in_and_each_alone_none()
    {
        Assert.Contains("no setup card", _desk.Reopen("button"), StringComparison.Ordinal);
        string card = _desk.ReplaceSetup(Scope.Admin, Operator);
        _desk.Redeem(card, "first");
        Refused(PairingError.CodeUsed, card);
        Assert.Null(_desk.Reopen("button"));
        Assert.True(_desk.IsReopened);
        // Never the card's own scope: a card that lay in the kit is no way to more than asking models.
        Assert.Equal(Scope.Infer, _desk.Redeem(card, "second").Key.Scope);
        Assert.False(_desk.IsReopened);
        Refused(PairingError.CodeUsed, card);
        Assert.Null(_desk.Reopen("button"));
        _time.Advance(PairingDesk.Lifetime);
        Assert.False(_desk.IsReopened);
        Refused(PairingError.CodeUsed, card);
        Assert.Equal(2, _keys.Keys.Count);
    }

    [Fact]
    public void Five_wrong_codes_end_what_the_button_opened_and_a_restart_does_too()
    {
        string card = _desk.ReplaceSetup(Scope.Admin, Operator);
        _desk.Redeem(card, "first");
        Assert.Null(_desk.Reopen("button"));
        for (int i = 0; i < PairingDesk.MostTries; i++)
            Refused(PairingError.CodeWrong, Wrong(card));
        Assert.False(_desk.IsReopened);
        Refused(PairingError.CodeUsed, card);
        Assert.Null(_desk.Reopen("button"));
        _desk.Dispose();
        _desk = Desk();
        Refused(PairingError.CodeUsed, card);
    }

    [Fact]
    public void A_card_that_is_taken_back_after_it_was_used_opens_nothing_with_the_button()
    {
        string card = _desk.ReplaceSetup(Scope.Admin, Operator);
        _desk.Redeem(card, "first");
        Assert.Null(_desk.Reopen("button"));
        _desk.CancelSetup(Operator);
        Assert.False(_desk.IsReopened);
        Refused(PairingError.CodeExpired, card);
        Assert.Contains("taken back", _desk.Reopen("button"), StringComparison.Ordinal);
        // It was a way in all the same: no stick makes a first card for this box.
        Assert.Null(_desk.FirstSetup(Scope.Admin, Operator));
    }

    [Fact]
    public void The_button_changes_nothing_about_a_card_that_was_not_used()
    {
        string card = _desk.ReplaceSetup(Scope.Operate, Operator);
        Assert.Null(_desk.Reopen("button"));
        Assert.Equal(Scope.Operate, _desk.Redeem(card, "first").Key.Scope);
        // One press, one tablet.
        Refused(PairingError.CodeUsed, card);
    }

    [Fact]
    public void Codes_are_kept_and_logged_nowhere()
    {
        var (pairing, code) = _desk.Open(Wish, Operator);
        string card = _desk.ReplaceSetup(Scope.Admin, Operator);
        Refused(PairingError.CodeWrong, Wrong(code));
        Refused(PairingError.CodeWrong, Wrong(card));
        _desk.Redeem(card, null);
        _desk.Redeem(code, null);
        Assert.Contains(pairing.Id, _log.ToString(), StringComparison.Ordinal);
        string[] places = [_log.ToString(), .. Directory.EnumerateFiles(_directory).Select(f => File.ReadAllText(f, System.Text.Encoding.Latin1))];
        foreach (string place in places)
        {
            foreach (string secret in new[] { code, CodeText.Show(code), card, CodeText.Show(card) })
                Assert.DoesNotContain(secret, place, StringComparison.OrdinalIgnoreCase);
        }

        Assert.All(Directory.EnumerateFiles(_directory), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(f).UnixFileMode));
    }

    private static PairingWish Wish { get; } = new(null, Scope.Infer, []);

    private static string Wrong(string code) => (code[0] == '2' ? '3' : '2') + code[1..];

    private void Refused(PairingError error, string code) => Assert.Equal(error, Assert.Throws<PairingException>(() => _desk.Redeem(code, null)).Error);

    private PairingDesk Desk() => new(_keys, new SetupCode(_directory), _time, new LogText<PairingDesk>(_log));

    private void Restart()
    {
        _desk.Dispose();
        _desk = Desk();
    }

    /// <summary>Everything that was logged.</summary>
    private sealed class LogText
    {
        private readonly System.Text.StringBuilder _text = new();

        public void Add(string line) => _text.AppendLine(line);

        public override string ToString() => _text.ToString();
    }

    private sealed class LogText<T>(LogText text) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => text.Add(formatter(state, exception));
    }
}
