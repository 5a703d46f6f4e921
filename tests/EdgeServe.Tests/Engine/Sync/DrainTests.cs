using System.Diagnostics;
using System.Text;
using EdgeServe.TestCollector;

namespace EdgeServe.Tests.Engine.Sync;

/// <summary>A backlog of a hundred megabytes: sent from a memory that does not grow with it, beside curl posting the same bytes.</summary>
public sealed class DrainTests
{
    private const int Batches = 130;
    private const int BatchBytes = 1 << 20;
    private const long MostGrowth = 64L << 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("length", "long")]
    public async Task A_hundred_megabytes_are_sent_from_a_small_memory()
    {
        await using var box = await SyncBox.StartAsync(DrainAsync);
        box.Forwarder.Hold(true);
        var random = new Random(1);
        string folder = Directory.CreateTempSubdirectory().FullName;
        var commands = new StringBuilder();
        byte[] noise = new byte[BatchBytes * 3 / 4];
        for (int i = 0; i < Batches; i++)
        {
            random.NextBytes(noise);
            await box.StoreAsync(Convert.ToBase64String(noise));
        }

        long backlog = box.Outbox.Totals.Bytes;
        foreach (var batch in box.Outbox.Pending(Batches, long.MaxValue))
        {
            string file = Path.Combine(folder, $"{batch.Sequence}");
            await File.WriteAllBytesAsync(file, box.Outbox.ReadPayload(batch)!, Stop);
            commands.Append(commands.Length > 0 ? "next\n" : "").Append($"url = {box.Endpoint}v1/logs\noutput = /dev/null\nsilent\nheader = \"Content-Type: application/x-protobuf\"\nheader = \"Content-Encoding: gzip\"\nheader = \"Expect:\"\ndata-binary = @{file}\n");
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "curl"), commands.ToString(), Stop);
        var curl = await TimeAsync(async () =>
        {
            using var process = Process.Start("curl", ["-K", Path.Combine(folder, "curl")]);
            await process.WaitForExitAsync(Stop);
        });
        GC.Collect();
        long before = Environment.WorkingSet;
        long most = before;
        box.Outbox.Changed += () => most = Math.Max(most, Environment.WorkingSet);
        var ours = await TimeAsync(async () =>
        {
            box.Forwarder.Hold(false);
            await box.EmptyAsync();
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{backlog >> 20} MiB: {ours.TotalSeconds:F2} s, curl {curl.TotalSeconds:F2} s, ratio {curl / ours:F2}; resident {before >> 20} to {most >> 20} MiB");
        Assert.InRange(backlog, 90L << 20, 200L << 20);
        Assert.InRange(most - before, long.MinValue, MostGrowth);
        Directory.Delete(folder, recursive: true);
    }

    private static async Task DrainAsync(Microsoft.AspNetCore.Http.HttpContext context, Ledger ledger)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        context.Response.ContentType = "application/x-protobuf";
        context.Response.ContentLength = 0;
    }

    private static async Task<TimeSpan> TimeAsync(Func<Task> work)
    {
        long began = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(began);
    }
}
