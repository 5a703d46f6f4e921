using System.Security.Cryptography;
using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Sync;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.TestCollector;

namespace EdgeServe.Tests.Engine.Sync.CarryOut;

/// <summary>Head office's laptop posts what a stick brought: the forwarder's rules hold there too.</summary>
public sealed class CollectorImportTests
{
    private const int Rows = 13;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(Rows - 1)]
    public async Task One_row_that_a_collector_refuses_is_given_up_and_all_others_arrive_under_the_same_number(int poison)
    {
        await using var box = new CarryBox();
        await StoreAsync(box, TelemetryClass.Record, i => $"other {i}.");
        await StoreAsync(box, TelemetryClass.Log, i => $"row {i}.");
        await box.VisitAsync("a");
        await using var collector = await OtlpCollector.StartAsync();
        collector.Answer = Answers.Poison(Bodies(await LogsAsync(box))[poison]);
        var import = await ImportAsync(box, collector);

        Assert.Equal((2, 1), (import.Batches, import.Refused));
        string[] all = Bodies(await LogsAsync(box)), arrived = [.. collector.Ledger.Kept.SelectMany(e => e.Logs).Select(l => l.Body.StringValue).Where(t => t.StartsWith("row ", StringComparison.Ordinal))];
        Assert.Equal(all.Where((_, i) => i != poison).Order(), arrived.Order());
        var pieces = collector.Ledger.Kept.Where(e => e.Id.Part.Length > 0).ToList();
        Assert.NotEmpty(pieces);
        // A receiver tells by device, epoch and sequence that they are parts of the batch it knows the number of.
        var whole = (await box.OpenAsync("a")).Single(b => b.Class == TelemetryClass.Log);
        Assert.All(pieces, p => Assert.Equal((box.Identity.Id, whole.Epoch, whole.Sequence), (p.Id.Device, p.Id.Epoch, p.Id.Sequence)));
        Assert.Equal(pieces.Count, pieces.Select(p => p.Id.Part).Distinct().Count());
        Assert.Empty(collector.Ledger.Invalid);
    }

    [Fact]
    public async Task What_is_too_large_for_a_collector_arrives_in_halves()
    {
        await using var box = new CarryBox();
        await StoreAsync(box, TelemetryClass.Log, _ => Convert.ToHexString(RandomNumberGenerator.GetBytes(1_000)));
        await StoreAsync(box, TelemetryClass.Record, i => $"small {i}.");
        await box.VisitAsync("a");
        await using var collector = await OtlpCollector.StartAsync();
        var batches = await box.OpenAsync("a");
        collector.Answer = Answers.TooLarge(batches.Max(b => b.Payload.Length) - 500);
        var import = await ImportAsync(box, collector);
        Assert.Equal((batches.Count, 0), (import.Batches, import.Refused));
        Assert.Contains(collector.Ledger.Kept, e => e.Id.Part.Length > 0);
        Assert.Equal(Bodies(CarryBox.Receive(batches)).Order(), Bodies(collector.Ledger).Order());
    }

    [Fact]
    public async Task A_collector_that_refuses_everything_has_nothing()
    {
        await using var box = new CarryBox();
        await box.FillAsync();
        await box.VisitAsync("a");
        await using var collector = await OtlpCollector.StartAsync();
        collector.Answer = Answers.Status(400);
        using var client = Client(box, collector);
        var import = new CollectorImport(client, TimeProvider.System);
        var batch = (await box.OpenAsync("a"))[0];
        var refused = await Assert.ThrowsAsync<CarryOutException>(() => import.PostAsync(box.Identity.Id, batch, Stop));
        Assert.Equal(CarryOutError.NotProven, refused.Error);
        Assert.Empty(import.Proven);
    }

    private static async Task<CollectorImport> ImportAsync(CarryBox box, OtlpCollector collector)
    {
        using var client = Client(box, collector);
        var import = new CollectorImport(client, TimeProvider.System);
        foreach (var batch in await box.OpenAsync("a"))
            await import.PostAsync(box.Identity.Id, batch, Stop);
        return import;
    }

    private static CollectorClient Client(CarryBox box, OtlpCollector collector) => new(collector.Endpoint, SyncBox.Quick, LinkBudget.Unlimited, box.Box.Clock, TimeProvider.System);

    private static async Task StoreAsync(CarryBox box, TelemetryClass kind, Func<int, string> body)
    {
        var logs = new OtlpLogs();
        logs.Begin("EdgeServe.Tests");
        for (int i = 0; i < Rows; i++)
        {
            logs.BeginRecord("test", 9, 1_000, body(i));
            logs.EndRecord();
        }

        Assert.True(box.Box.Outbox.Add(kind, OtlpSignal.Logs, Rows, logs.End()));
        await box.Box.Outbox.FlushAsync();
    }

    private static async Task<Ledger> LogsAsync(CarryBox box) => CarryBox.Receive((await box.OpenAsync("a")).Where(b => b.Class == TelemetryClass.Log));

    private static string[] Bodies(Ledger ledger) => [.. ledger.Kept.SelectMany(e => e.Logs).Select(l => l.Body.StringValue)];
}
