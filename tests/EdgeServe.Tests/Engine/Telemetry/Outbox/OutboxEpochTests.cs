using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.TestCollector;
using EdgeServe.Tests.Engine.Storage;

namespace EdgeServe.Tests.Engine.Telemetry.Outbox;

/// <summary>A number is never used twice, whatever becomes of the database.</summary>
public sealed class OutboxEpochTests
{
    private static readonly string[] Suffixes = ["", "-wal", "-shm"];

    [Fact]
    public async Task A_lost_database_begins_an_epoch_that_says_so()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        await box.StoreAsync("lost");
        await box.RestartAsync(() => Delete(box));
        await box.StoreAsync("new");
        Assert.All(box.All, b => Assert.Equal(2, b.Epoch));
        AssertLost(box, 1, "1-");
    }

    [Fact]
    public async Task An_older_copy_begins_an_epoch_and_what_it_holds_is_still_sent()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        await box.StoreAsync("kept");
        byte[] copy = [];
        await box.RestartAsync(() => copy = File.ReadAllBytes(box.Data.Outbox));
        await box.StoreAsync("lost");
        await box.RestartAsync(() =>
        {
            Delete(box);
            File.WriteAllBytes(box.Data.Outbox, copy);
        });
        await box.StoreAsync("new");
        Assert.Equal([(1L, 1L), (2L, 1L), (2L, 2L)], box.All.Select(b => (b.Epoch, b.Sequence)).Order());
        AssertLost(box, 1, "2-");
    }

    [Fact]
    public async Task Whichever_page_is_damaged_telemetry_goes_on_and_what_is_lost_is_said()
    {
        int noticed = 0;
        for (int page = 0, pages = 1; page < pages; page++)
        {
            using var folder = new TempFolder();
            await using var box = new OutboxBox(folder.Path);
            for (int i = 0; i < 12; i++)
                await box.StoreAsync(Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(2000)));
            await box.RestartAsync(() =>
            {
                using var file = File.OpenWrite(box.Data.Outbox);
                pages = (int)(file.Length / 4096);
                file.Position = page * 4096L;
                file.Write(Enumerable.Repeat((byte)0xA5, 4096).ToArray());
            });
            await EventuallyStoredAsync(box);
            Assert.Empty(box.Received().Gaps());
            bool replaced = box.All.Any(b => b.Epoch == 2);
            noticed += replaced ? 1 : 0;
            await box.StoreAsync("goes on", TelemetryClass.Metric);
            Assert.Single(box.All, b => b.Class == TelemetryClass.Metric);
            if (replaced)
                AssertLost(box, 1, "1-");
            else
                Assert.Equal((1, 12), (box.Outbox.Totals[TelemetryClass.Record].Items, box.Outbox.Totals[TelemetryClass.Log].Items + box.Outbox.Totals[TelemetryClass.Log].DroppedItems));
        }

        Assert.True(noticed > 1);
    }

    [Fact]
    public async Task A_copy_of_another_time_in_the_device_folder_never_makes_numbers_go_back()
    {
        using var folder = new TempFolder();
        await using var box = new OutboxBox(folder.Path);
        await box.StoreAsync("1");
        await box.RestartAsync(() =>
        {
            foreach (string file in Directory.EnumerateFiles(box.Data.Device, "telemetry.*"))
                File.Delete(file);
        });
        await box.StoreAsync("2");
        Assert.Equal([(1L, 1L), (2L, 2L)], box.All.Where(b => b.Class == TelemetryClass.Log).Select(b => (b.Epoch, b.Sequence)));
    }

    /// <summary>Whoever meets the damage fails; the next finds new files, or a batch less.</summary>
    private static async Task EventuallyStoredAsync(OutboxBox box)
    {
        box.Add("after", TelemetryClass.Record);
        for (int failures = 0; ;)
        {
            try
            {
                await box.Outbox.FlushAsync();
                if (box.All.Count(b => box.Outbox.ReadPayload(b) is null) == 0)
                    return;
            }
            catch (EdgeServe.Engine.Storage.StorageException) when (failures++ < 10)
            {
                // What waits is stored with the next.
            }

            await SettledAsync(box);
        }
    }

    /// <summary>The writer has looked into what was reported.</summary>
    private static async Task SettledAsync(OutboxBox box)
    {
        try
        {
            await box.Outbox.MarkSentAsync([]);
        }
        catch (EdgeServe.Engine.Storage.StorageException)
        {
            // It is at it.
        }
    }

    private static void AssertLost(OutboxBox box, long epoch, string ranges)
    {
        var lost = Assert.Single(box.Received().Kept.SelectMany(e => e.Logs), l => Export.Text(l.Attributes, "edgeserve.drop.reason") == "lost");
        Assert.Equal(epoch, Export.Number(lost.Attributes, "edgeserve.drop.epoch"));
        Assert.Equal(ranges, Export.Text(lost.Attributes, "edgeserve.drop.ranges"));
        Assert.Empty(box.Received().Gaps());
    }

    private static void Delete(OutboxBox box)
    {
        foreach (string suffix in Suffixes)
            File.Delete(box.Data.Outbox + suffix);
    }
}
