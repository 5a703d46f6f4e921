using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeServe.Engine.Sync;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.TestCollector;
using Tombstone = EdgeServe.TestCollector.Tombstone;

namespace EdgeServe.Tests.Engine.Sync;

/// <summary>Every way a collector misbehaves: nothing is lost, nothing is missing without a tombstone.</summary>
public sealed class ForwarderTests
{
    private const int Batches = 16;

    private static readonly Dictionary<string, CollectorAnswer> Misbehaviours = new()
    {
        ["dies mid-body"] = Answers.DieMidBody,
        ["stalls"] = Answers.Stall,
        ["page"] = Answers.PortalPage,
        ["redirect"] = Answers.PortalRedirect,
        ["511"] = Answers.Portal511,
        ["text as protobuf"] = Answers.PortalText,
        ["plain text"] = Answers.PortalPlain,
        ["json"] = Answers.PortalJson,
        ["nothing"] = Answers.PortalEmpty,
        ["cut answer"] = Answers.CutAnswer,
        ["late"] = Answers.AcceptLate,
        ["400 to everything"] = Answers.Status(400),
        ["413 to everything"] = Answers.Status(413),
        ["401"] = Answers.Status(401),
        ["403"] = Answers.Status(403),
        ["404"] = Answers.Status(404),
        ["405"] = Answers.Status(405),
        ["429"] = Answers.Status(429),
        ["429 negative"] = Answers.Status(429, "-10"),
        ["429 huge"] = Answers.Status(429, "999999999999"),
        ["429 far date"] = Answers.Status(429, "Fri, 01 Mar 2097 08:00:00 GMT"),
        ["503"] = Answers.Status(503),
        ["503 garbage"] = Answers.Status(503, "later"),
    };

    public static TheoryData<string, string, string> Table { get; } = new()
    {
        { "dies mid-body", "Offline", "BreaksOff" },
        { "stalls", "Offline", "BreaksOff" },
        { "page", "Portal", "CaptivePortal" },
        { "redirect", "Portal", "CaptivePortal" },
        { "511", "Portal", "CaptivePortal" },
        { "text as protobuf", "Portal", "CaptivePortal" },
        { "plain text", "Portal", "CaptivePortal" },
        { "json", "Portal", "CaptivePortal" },
        { "nothing", "Portal", "CaptivePortal" },
        { "cut answer", "Offline", "BreaksOff" },
        { "late", "Offline", "BreaksOff" },
        { "400 to everything", "Held", "WrongEndpoint" },
        { "413 to everything", "Held", "WrongEndpoint" },
        { "401", "Held", "Unauthorized" },
        { "403", "Held", "Unauthorized" },
        { "404", "Held", "WrongEndpoint" },
        { "405", "Held", "WrongEndpoint" },
        { "429", "Online", "Busy" },
        { "429 negative", "Online", "Busy" },
        { "429 huge", "Online", "Busy" },
        { "429 far date", "Online", "Busy" },
        { "503", "Online", "Busy" },
        { "503 garbage", "Online", "Busy" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public async Task A_collector_that_misbehaves_costs_nothing_and_is_remembered_over_a_restart(string misbehaviour, string state, string reason)
    {
        Assert.Equal(Misbehaviours.Count, Table.Count);
        await using var box = await SyncBox.StartAsync(Misbehaviours[misbehaviour]);
        await box.FillAsync();
        await box.NowAsync();
        Assert.Equal(Batches, box.Outbox.Totals.Batches);
        Assert.Equal((state, reason), (box.Forwarder.Connectivity.Current.State.ToString(), box.Forwarder.Connectivity.Current.Reason.ToString()));

        int asked = box.Collector.Requests;
        await box.RestartAsync();
        bool waits = box.Forwarder.NextTry is not null || box.Forwarder.Lanes.Where(l => l.Class != TelemetryClass.Trace).All(l => l.Backoff.Left > TimeSpan.Zero);
        Assert.True(waits, "a restart forgot that the collector needs time");
        Assert.Equal(asked, box.Collector.Requests);

        box.Collector.Answer = Answers.Accept;
        await box.NowAsync();
        await box.EmptyAsync();
        Assert.Equal(Batches, box.Ledger.Kept.Count);
        Assert.Empty(box.Ledger.Gaps());
        Assert.Empty(box.Ledger.Invalid);
        Assert.Equal(ConnectivityState.Online, box.Forwarder.Connectivity.Current.State);
        Assert.NotNull(box.Forwarder.Record.LastContact);
    }

    [Fact]
    public async Task What_waits_goes_most_important_first_unchanged_and_is_deleted()
    {
        await using var box = await SyncBox.StartAsync(Answers.InTurn(Batches, Drain.Window));
        box.Forwarder.Hold(true);
        await box.FillAsync();
        box.Forwarder.Hold(false);
        await box.EmptyAsync();
        Assert.Equal(0, box.Ledger.Duplicates);
        int[] classes = [.. box.Ledger.Kept.Select(e => int.Parse(e.Logs.First().Body.StringValue.TrimEnd('.'), CultureInfo.InvariantCulture) % 4)];
        // Alone, then four begun together, which may overtake each other; from there one by one.
        classes.AsSpan(1, Drain.Window).Sort();
        Assert.Equal(classes.Order(), classes);
        Assert.Equal(0, box.Outbox.Totals.Bytes);
        Assert.Equal(Batches * 5, Enum.GetValues<TelemetryClass>().Sum(c => box.Outbox.Totals[c].AcknowledgedItems));
    }

    [Fact]
    public async Task One_poison_row_is_found_and_given_up_with_a_tombstone_and_all_others_arrive()
    {
        await using var box = await SyncBox.StartAsync(Answers.Status(503));
        await box.FillAsync();
        await box.StoreAsync("good", records: 37);
        box.Outbox.Add(TelemetryClass.Log, OtlpSignal.Logs, 3, [.. Telemetry.Outbox.OutboxBox.Request("before"), .. Telemetry.Outbox.OutboxBox.Request("POISON"), .. Telemetry.Outbox.OutboxBox.Request("behind")]);
        await box.Outbox.FlushAsync();
        box.Collector.Answer = Answers.Poison("POISON");
        await box.NowAsync();
        await box.EmptyAsync();
        Assert.Empty(box.Ledger.Gaps());
        var bodies = box.Ledger.Kept.SelectMany(e => e.Logs).Where(l => l.EventName == "test").Select(l => l.Body.StringValue).ToArray();
        Assert.Equal((Batches * 5) + 37 + 2, bodies.Length);
        Assert.DoesNotContain("POISON", bodies);
        Assert.Contains("before", bodies);
        Assert.Contains("behind", bodies);
        Assert.Single(Tombstone.In(box.Ledger.Kept));
        Assert.Equal(1, box.Outbox.Totals[TelemetryClass.Log].DroppedItems);
    }

    [Fact]
    public async Task A_collector_that_refuses_every_row_but_takes_empty_requests_costs_no_more_than_sixteen()
    {
        await using var box = await SyncBox.StartAsync(Answers.Poison("."));
        await box.FillAsync(records: 40);
        await box.NowAsync();
        var totals = box.Outbox.Totals;
        Assert.All(Enum.GetValues<TelemetryClass>(), c => Assert.InRange(totals[c].DroppedItems, 0, Refusals.MostInARow));
        Assert.Equal(SyncReason.EverythingRefused, box.Forwarder.Connectivity.Current.Reason);
        box.Collector.Answer = Answers.Accept;
        await box.NowAsync();
        await box.EmptyAsync();
        Assert.Empty(box.Ledger.Gaps());
    }

    [Fact]
    public async Task What_is_too_large_is_halved_until_it_fits()
    {
        await using var box = await SyncBox.StartAsync(Answers.Status(503));
        await box.StoreAsync(string.Concat(Enumerable.Range(0, 200).Select(i => (i * 7919).ToString(CultureInfo.InvariantCulture))), records: 64);
        await box.FillAsync();
        box.Collector.Answer = Answers.TooLarge(1100);
        await box.NowAsync();
        await box.EmptyAsync();
        Assert.Equal(64 + (Batches * 5), box.Ledger.Kept.SelectMany(e => e.Logs).Count());
        Assert.Empty(box.Ledger.Gaps());
        Assert.Empty(Tombstone.In(box.Ledger.Kept));
        Assert.True(box.Ledger.Kept.Count > Batches + 2);
    }

    [Fact]
    public async Task A_partial_success_is_counted_and_not_sent_again()
    {
        await using var box = await SyncBox.StartAsync(Answers.Partially(2));
        await box.FillAsync();
        await box.NowAsync();
        await box.EmptyAsync();
        Assert.Equal(0, box.Ledger.Duplicates);
        Assert.Equal(2 * Batches, box.Forwarder.Counters.Rejected);
    }

    [Fact]
    public async Task A_signal_the_collector_does_not_know_waits_while_the_others_go()
    {
        await using var box = await SyncBox.StartAsync((context, ledger) => context.Request.Path == "/v1/traces" ? Answers.Status(404)(context, ledger) : Answers.Accept(context, ledger));
        box.Outbox.Add(TelemetryClass.Trace, OtlpSignal.Traces, 1, Telemetry.Outbox.OutboxBox.Request("trace"));
        await box.FillAsync();
        await box.NowAsync();
        Assert.Equal(1, box.Outbox.Totals.Batches);
        Assert.Equal(ConnectivityState.Online, box.Forwarder.Connectivity.Current.State);
        Assert.Equal(SyncReason.WrongEndpoint, box.Forwarder.Lanes[(int)TelemetryClass.Trace].Trouble?.Reason);
    }

    [Fact]
    public async Task A_steady_slow_link_is_waited_for_however_long_it_takes()
    {
        // Slower than patience for the whole, quicker than patience for a part.
        await using var box = await SyncBox.StartAsync(Answers.Slowly(60_000));
        var random = new Random(1);
        await box.StoreAsync(string.Concat(Enumerable.Range(0, 60_000).Select(_ => (char)random.Next(33, 126))), records: 1);
        byte[] noise = new byte[180_000];
        random.NextBytes(noise);
        await box.StoreAsync(Convert.ToBase64String(noise));
        await box.NowAsync();
        await box.EmptyAsync();
        Assert.Equal(0, box.Ledger.Duplicates);
        Assert.Equal(2, box.Ledger.Kept.Count);
    }

    [Fact]
    public async Task Retry_after_is_never_cut_short()
    {
        await using var box = await SyncBox.StartAsync(Answers.Status(503, "900"));
        await box.FillAsync();
        await box.NowAsync();
        await box.RestartAsync();
        Assert.InRange(box.Forwarder.NextTry!.Value, TimeSpan.FromSeconds(880), TimeSpan.FromSeconds(1100));
        Assert.Single(box.Forwarder.Lanes, l => l.Backoff.Left > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_held_box_sends_nothing_not_even_after_a_restart()
    {
        await using var box = await SyncBox.StartAsync(Answers.Accept);
        box.Forwarder.Hold(true);
        await box.StoreAsync("a", TelemetryClass.Alarm);
        await box.NowAsync();
        await box.RestartAsync();
        await box.NowAsync();
        Assert.Equal((0, 1), (box.Collector.Requests, box.Outbox.Totals.Batches));
        Assert.Equal(SyncReason.Operator, box.Forwarder.Connectivity.Current.Reason);
        box.Forwarder.Hold(false);
        await box.EmptyAsync();
        Assert.Single(box.Ledger.Kept);
    }

    [Fact]
    public async Task Without_a_collector_nothing_is_sent_and_one_that_appears_is_used()
    {
        await using var box = await SyncBox.StartAsync(Answers.Accept);
        var collector = box.Endpoint;
        box.Endpoint = null;
        await box.StoreAsync("a", TelemetryClass.Alarm);
        await box.NowAsync();
        await box.UntilAsync(() => box.Forwarder.Waits?.Reason == SyncReason.NotConfigured);
        Assert.Equal(0, box.Collector.Requests);
        box.Endpoint = collector;
        box.Tools.EndpointMayHaveChanged();
        await box.EmptyAsync();
    }

    [Fact]
    public async Task The_bytes_of_a_day_are_kept_also_over_restarts()
    {
        await using var box = await SyncBox.StartAsync(Answers.Accept, SyncBox.Quick with { BytesPerDay = 3000 });
        await box.FillAsync();
        await box.NowAsync();
        long left = box.Outbox.Totals.Batches;
        Assert.InRange(left, 1, Batches - 1);
        await box.NowAsync();
        Assert.Equal(SyncReason.BudgetSpent, box.Forwarder.Waits?.Reason);
        await box.RestartAsync();
        await box.NowAsync();
        Assert.Equal(left, box.Outbox.Totals.Batches);
    }

    [Fact]
    public async Task Headers_with_secrets_come_from_a_file_that_may_change()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "# token\nAuthorization: Bearer one\n", TestContext.Current.CancellationToken);
        var seen = new List<string>();
        await using var box = await SyncBox.StartAsync(
            (context, ledger) =>
            {
                lock (seen)
                    seen.Add(context.Request.Headers.Authorization.ToString());
                return Answers.Accept(context, ledger);
            },
            SyncBox.Quick with { HeadersFile = file });
        await box.StoreAsync("a", TelemetryClass.Alarm);
        await box.EmptyAsync();
        await File.WriteAllTextAsync(file, "Authorization: Bearer two", TestContext.Current.CancellationToken);
        await box.StoreAsync("b", TelemetryClass.Alarm);
        await box.EmptyAsync();
        Assert.Equal(["Bearer one", "Bearer two"], seen);
        await File.WriteAllTextAsync(file, "no header", TestContext.Current.CancellationToken);
        await box.StoreAsync("c", TelemetryClass.Alarm);
        await box.NowAsync();
        Assert.Equal((ConnectivityState.Held, SyncReason.BadSettings), (box.Forwarder.Connectivity.Current.State, box.Forwarder.Connectivity.Current.Reason));
        Assert.Equal(1, box.Outbox.Totals.Batches);
        File.Delete(file);
    }

    [Fact]
    public async Task Over_tls_only_the_named_roots_are_trusted_and_an_empty_yes_is_proof()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        string roots = Path.GetTempFileName();
        await File.WriteAllTextAsync(roots, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await using (var stranger = await SyncBox.StartAsync(Answers.AcceptSilently, certificate: certificate))
        {
            await stranger.FillAsync();
            await stranger.NowAsync();
            Assert.Equal((SyncReason.Untrusted, Batches, 0), (stranger.Forwarder.Connectivity.Current.Reason, stranger.Outbox.Totals.Batches, stranger.Collector.Requests));
        }

        await using var box = await SyncBox.StartAsync(Answers.AcceptSilently, SyncBox.Quick with { CaFile = roots }, certificate: certificate);
        await box.FillAsync();
        await box.NowAsync();
        await box.EmptyAsync();
        Assert.Equal((Batches, 0), (box.Ledger.Kept.Count, box.Ledger.Duplicates));
        File.Delete(roots);
    }

    [Fact]
    public async Task In_quiet_hours_nothing_is_sent_unless_somebody_asks()
    {
        var now = TimeProvider.System.GetLocalNow();
        Assert.True(QuietHours.TryParse($"{now.AddHours(-2):HH:mm}-{now.AddHours(2):HH:mm}", out var quiet));
        await using var box = await SyncBox.StartAsync(Answers.Accept, SyncBox.Quick with { Quiet = quiet });
        await box.StoreAsync("a", TelemetryClass.Alarm);
        Assert.True(SpinWait.SpinUntil(() => box.Forwarder.Waits?.Reason == SyncReason.QuietHours, TimeSpan.FromSeconds(10)));
        Assert.Equal((0, 1), (box.Collector.Requests, box.Outbox.Totals.Batches));
        await box.NowAsync();
        await box.EmptyAsync();
        Assert.Single(box.Ledger.Kept);
    }
}
