using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.TestModels;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>A disk that does not give back what it was given: every job is kept or named as lost, and no result is wrong.</summary>
[Trait("length", "long")]
public sealed class DamageTests : IAsyncLifetime
{
    private const int PageBytes = 4096;
    private const int Done = 100;
    private const int Waiting = 20;
    private const int PagesOneIn = 4;
    private readonly ModelFolder _models = new ModelFolder().Add(JobSample.EchoModel, TestGraphs.Identity(OnnxType.Float))
        .Add("slow", TestGraphs.Slow(), definition: """{"max_batch_size":0,"instances":1}""");
    private readonly DataFolder _killed = new();
    private readonly Dictionary<int, (string Id, byte[] Result)> _promised = [];
    private DataFolder _clean = null!;
    private DataFolder _unclean = null!;

    public async ValueTask InitializeAsync()
    {
        await using (var server = await EdgeServeProcess.StartAsync(Start(_killed)))
        {
            await server.Client.HealedAsync();
            for (int i = 0; i < Done + Waiting; i++)
            {
                if (i == Done)
                {
                    await server.Client.DrainedAsync();
                    // In front of the others, so that they wait.
                    await server.Client.AcceptedAsync(JobSample.Slow(500_000));
                }

                byte[] result = (await server.Client.InferAsync(JobSample.Echo(i))).Body;
                _promised[i] = (await server.Client.AcceptedAsync(JobSample.Echo(i), $"key {i}"), result);
            }

            await server.KillAsync();
        }

        // Everything in the database itself; once put away properly, once not.
        _clean = _killed.Copy();
        await using (var server = await EdgeServeProcess.StartAsync(Start(_clean)))
        {
            await server.Client.HealedAsync();
            Assert.Equal(0, await server.StopAsync());
        }

        _unclean = _clean.Copy();
        File.WriteAllText(Path.Combine(_unclean.Path, "running"), "");
    }

    public ValueTask DisposeAsync()
    {
        _models.Dispose();
        _killed.Dispose();
        _clean?.Dispose();
        _unclean?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_bit_flipped_in_any_page_is_noticed_or_harmless(bool stoppedCleanly)
    {
        var template = stoppedCleanly ? _clean : _unclean;
        int pages = (int)(new FileInfo(template.Jobs).Length / PageBytes);
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var sum = new Outcome(0, 0, 0);
        int tried = 0;
        for (int page = 0; page < pages; page++)
        {
            long at = ((long)page * PageBytes) + random.Next(PageBytes);
            int bit = random.Next(8);
            if (!FaultSettings.Tries(page, PagesOneIn))
                continue;
            using var data = template.Copy();
            Flip(data.Jobs, at, bit);
            sum += await AssertHonestAsync(data, $"seed {seed}, page {page}, byte {at}, bit {bit}");
            tried++;
        }

        FaultSheet.Add("one bit flipped in a page of the database", $"{tried} of {pages} pages, {(stoppedCleanly ? "stopped cleanly" : "not stopped cleanly")} (seed {seed})", sum.ToString());
    }

    [Fact]
    public async Task Without_its_log_the_database_is_still_served()
    {
        using var data = _killed.Copy();
        File.Delete(data.Log);
        await using var server = await EdgeServeProcess.StartAsync(Start(data));
        await server.Client.HealedAsync();
        int kept = 0, gone = 0;
        foreach (var (number, (id, result)) in _promised)
        {
            var answer = await server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}");
            // Named as lost, one by one: never a job that nobody has heard of.
            Assert.True(answer.Status is 200 or 410, answer.Text);
            if (answer.Status == 410)
                Assert.Equal("Lost", answer.Json.GetProperty("code").GetString());
            if (answer.Status == 200)
                kept++;
            else
                gone++;
            // A key that is known still means its own job.
            Assert.Equal(answer.Status == 200, await server.Client.AcceptedAsync(JobSample.Echo(number), $"key {number}") == id);
        }

        // And the one that kept the others waiting.
        Assert.InRange((await server.Client.StatusAsync()).GetProperty("jobs").GetProperty("lost_to_damage").GetInt32(), gone, gone + 1);
        Assert.True((await server.Client.StatusAsync()).GetProperty("jobs").GetProperty("log_missing").GetBoolean());
        Assert.Matches(@"(?m)^edgeserve_jobs_log_missing(\{[^}]*\})? 1$", (await server.Client.GetAnswerAsync("/metrics")).Text);
        await server.WaitForLogAsync("[5007]");
        FaultSheet.Add("write-ahead log deleted", "after a kill", $"served; said in log (5007), status and metric; {kept} jobs kept, {gone} were in the deleted log and are named as lost");
    }

    [Fact]
    public async Task A_log_of_another_database_is_not_believed()
    {
        foreach (var template in new[] { _clean, _unclean })
        {
            using var data = template.Copy();
            File.Copy(_killed.Log, data.Log);
            var outcome = await AssertHonestAsync(data, "foreign log");
            Assert.Equal(0, outcome.Lost);
            FaultSheet.Add("write-ahead log of another state put beside the database", ReferenceEquals(template, _clean) ? "stopped cleanly" : "not stopped cleanly", outcome.ToString());
        }
    }

    private static void Flip(string file, long at, int bit)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        byte[] one = new byte[1];
        RandomAccess.Read(handle, one, at);
        one[0] ^= (byte)(1 << bit);
        RandomAccess.Write(handle, one, at);
    }

    private ServerStart Start(DataFolder data) => new(_models.Path) { Data = data.Path };

    /// <summary>Asks for every job that was acknowledged.</summary>
    private async Task<Outcome> AssertHonestAsync(DataFolder data, string what)
    {
        await using var server = await EdgeServeProcess.StartAsync(Start(data));
        await server.Client.CheckedAsync();
        int kept = 0, lost = 0;
        foreach (var (number, (id, result)) in _promised)
        {
            await SettledAsync(() => server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}?wait=30s"));
            var answer = await SettledAsync(() => server.Client.GetAnswerAsync($"/edge/v1/jobs/{id}/result"));
            // 500 is the job's own failure: its row was saved, its result was not.
            Assert.True(answer.Status is 200 or 410 or 500, $"{what}: job {number} {id}: {answer.Status} {answer.Text}\n{server.Output}");
            if (answer.Status == 200)
            {
                kept++;
                Assert.True(answer.Body.AsSpan().SequenceEqual(result), $"{what}: job {number} {id} has another result: {answer.Text}");
            }
            else
            {
                lost++;
                Assert.Equal(answer.Status == 410 ? "Lost" : "PayloadDamaged", answer.Json.GetProperty("code").GetString());
            }

            // No second job of a key, unless its first is lost.
            var again = await SettledAsync(() => server.Client.SubmitAsync(JobSample.Echo(number), $"key {number}"));
            Assert.True(again.Status is 202 or 410, $"{what}: key {number}: {again.Text}");
            if (again.Status == 202 && answer.Status == 200)
                Assert.True(again.Json.GetProperty("id").GetString() == id, $"{what}: key {number} made a second job\n{server.Output}");
        }

        Assert.Equal(200, (await server.Client.InferAsync(JobSample.Echo(1))).Status);
        bool salvaged = server.Output.Contains("[5004]", StringComparison.Ordinal);
        Assert.Equal(salvaged, Directory.Exists(data.Quarantine) && Directory.EnumerateDirectories(data.Quarantine).Any());
        // A result of its own checksum can be lost alone; a damaged row or page takes the whole file into quarantine.
        Assert.True(lost <= 1 || salvaged, $"{what}: {lost} lost and nothing in quarantine");
        return new Outcome(kept, lost, salvaged ? 1 : 0);
    }

    /// <summary>The answer once the database has been salvaged, if it has to be.</summary>
    private static async Task<Requests.Answer> SettledAsync(Func<Task<Requests.Answer>> ask)
    {
        Requests.Answer answer = null!;
        await JobRequests.UntilAsync(async () => (answer = await ask()).Status != 503, "it is never salvaged");
        return answer;
    }

    private sealed record Outcome(int Kept, int Lost, int Salvages)
    {
        public static Outcome operator +(Outcome a, Outcome b) => new(a.Kept + b.Kept, a.Lost + b.Lost, a.Salvages + b.Salvages);

        public override string ToString() => $"{Kept} jobs kept, {Lost} named as lost, 0 wrong results; {Salvages} salvages with quarantine";
    }
}
