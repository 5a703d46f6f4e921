using System.Globalization;
using System.Text;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>What a job brought is on the disk sealed and nowhere plain; what is deleted nobody opens any more.</summary>
public sealed class EraseTests
{
    private const string Marker = "Mrs-Example-born-1948-02-29";
    private const int Rows = 64;
    private const int Digits = 40;
    private const int Turns = 400_000_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_deleted_cannot_be_opened_with_everything_that_is_left(bool killed)
    {
        using var models = ModelFolder.Standard();
        using var data = new DataFolder();
        var start = new ServerStart(models.Path) { Data = data.Path, Environment = new Dictionary<string, string?> { ["EDGESERVE__Jobs__Parallelism"] = "1" } };
        JobSample small = Sample(1), large = Sample(Rows);
        Assert.InRange(large.Body.Length, 64 << 10, 1 << 20);
        string slow;
        await using (var server = await EdgeServeProcess.StartAsync(start))
        {
            await server.Client.HealedAsync();
            var jobs = new List<(string Id, int Part, int Bytes)>();
            foreach (var sample in new[] { small, large })
            {
                string done = await server.Client.AcceptedAsync(sample);
                Assert.Equal("succeeded", await server.Client.StateAsync(done));
                byte[] result = (await server.Client.GetAnswerAsync($"/edge/v1/jobs/{done}/result")).Body;
                Assert.Contains(Marker, Encoding.UTF8.GetString(result), StringComparison.Ordinal);
                jobs.Add((done, 1, result.Length));
            }

            // Behind one that takes long: these wait, and their requests with them.
            slow = await server.Client.AcceptedAsync(JobSample.Slow(Turns));
            foreach (var sample in new[] { small, large })
                jobs.Add((await server.Client.AcceptedAsync(sample), 0, sample.Body.Length));
            string backup = Path.Combine(models.Path, "backup.tar");
            Assert.Equal(0, (await EdgeServeProcess.RunAsync("backup", "create", backup, "--data", data.Path)).ExitCode);

            // While they are there: nowhere plain, and openable with the box's key, by the search that is to fail afterwards.
            var before = new SealedImage(data.Path);
            Assert.Empty(before.FilesWith(Encoding.UTF8.GetBytes(Marker)));
            var keys = new List<SealedImage.Key>();
            foreach (var (id, part, bytes) in jobs)
            {
                var opened = before.Open(id, part, bytes);
                Assert.True(opened is not null, $"job {id}: its payload of {bytes} bytes is not found, or cannot be opened");
                Assert.Contains(Marker, Encoding.UTF8.GetString(opened.Value.Content), StringComparison.Ordinal);
                keys.Add(opened.Value.Key);
            }

            Assert.Equal(jobs.Count, keys.Select(k => k.Name).Distinct().Count());
            Assert.All(keys, k => Assert.Equal(["jobs.keys"], before.FilesWith(k.Wrapped)));

            foreach (var (id, part, _) in jobs)
            {
                // One that waits is cancelled first.
                Assert.Equal(part == 0 ? 200 : 204, await DeleteAsync(server, id));
            }

            if (killed)
                await server.KillAsync();
            using var copy = data.Copy();
            var after = new SealedImage(copy.Path);
            Assert.All(keys, k => Assert.Empty(after.FilesWith(k.Wrapped)));
            Assert.All(keys, k => Assert.Empty(after.FilesWith(k.Secret)));
            Assert.All(jobs, j => Assert.Null(after.Open(j.Id, j.Part, j.Bytes)));
            // The one that runs still has its own.
            Assert.Contains(after.Keys, k => before.Keys.Exists(b => b.Name == k.Name));
        }

        await using var again = await EdgeServeProcess.StartAsync(start);
        await again.Client.HealedAsync();
        Assert.Equal(200, await DeleteAsync(again, slow));
        Assert.Equal("succeeded", await again.Client.StateAsync(await again.Client.AcceptedAsync(small)));
    }

    [Fact]
    public async Task A_key_the_disk_does_not_let_go_of_is_said_and_tried_again()
    {
        Assert.SkipUnless(Strace.IsInstalled, "strace is not installed");
        using var models = new ModelFolder().AddShipped("breast-cancer");
        using var data = new DataFolder();
        await using var server = await EdgeServeProcess.StartAsync(new ServerStart(models.Path) { Data = data.Path });
        await server.Client.HealedAsync();
        var sample = Sample(1);
        string id = await server.Client.AcceptedAsync(sample);
        Assert.Equal("succeeded", await server.Client.StateAsync(id));
        byte[] result = (await server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}/result")).Body;
        var key = new SealedImage(data.Path).Open(id, 1, result.Length)!.Value.Key;
        await using (await Strace.AttachAsync(server.ProcessId, "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO", "-o", "/dev/null"))
        {
            Assert.Equal(503, await DeleteAsync(server, id));
            Assert.Equal(404, (await server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}")).Status);
            Assert.Equal(200, (await server.Client.InferAsync(sample)).Status);
        }

        await server.WaitForLogAsync("[8203]");
        await JobRequests.UntilAsync(() => Task.FromResult(new SealedImage(data.Path).FilesWith(key.Wrapped).Length == 0), "its key is never overwritten");
        Assert.Equal(202, (await server.Client.SubmitAsync(sample)).Status);
    }

    [Fact]
    public async Task A_crash_leaves_no_core()
    {
        using var models = new ModelFolder().AddShipped("breast-cancer");
        await using var server = await EdgeServeProcess.StartAsync(models.Path);
        string process = $"/proc/{server.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        string limit = File.ReadLines($"{process}/limits").First(l => l.StartsWith("Max core file size", StringComparison.Ordinal));
        Assert.Equal(["0", "0", "bytes"], limit["Max core file size".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(0, Convert.ToInt64(File.ReadAllText($"{process}/coredump_filter").Trim(), 16));
    }

    /// <summary>Answered with its own id: the marker is in request and result.</summary>
    private static JobSample Sample(int rows) => new("breast-cancer", Encoding.UTF8.GetBytes(
        $$"""{"id":"{{Marker}}","inputs":[{"name":"features","shape":[{{rows}},30],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Range(0, rows * 30).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i % 97}.{new string('5', Digits)}")))}}]}]}"""));

    private static async Task<int> DeleteAsync(EdgeServeProcess server, string id)
    {
        using var response = await server.Client.DeleteAsync($"/edge/v1/jobs/{id}", Requests.Stop);
        return (int)response.StatusCode;
    }
}
