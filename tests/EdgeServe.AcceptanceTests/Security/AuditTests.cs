using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.AcceptanceTests.Telemetry;
using EdgeServe.AcceptanceTests.Updates;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>Who did what, as head office and whoever stands before the box can check it.</summary>
public sealed class AuditTests
{
    [Fact]
    public async Task What_is_done_with_keys_is_there_with_who_did_it_and_wrong_keys_are_counted()
    {
        var server = new LanServer();
        await server.InitializeAsync();
        await using var end = server;
        var (admin, adminId) = await server.AddAsync("office", "admin");
        var (infer, inferId) = await server.AddAsync("ward 3");
        using var office = server.Client(admin);
        using (var content = new StringContent("""{"name":"ward 4"}"""))
            Assert.Equal(HttpStatusCode.OK, (await office.PostAsync($"/edge/v1/keys/{inferId}/rename", content, Requests.Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await office.DeleteAsync($"/edge/v1/keys/{inferId}", Requests.Stop)).StatusCode);
        using var ward = server.Client(infer);
        const int tries = 300;
        for (int i = 0; i < tries; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await ward.GetAsync("/v2/models", Requests.Stop)).StatusCode);

        JsonElement[] lines = [];
        await server.Process.WaitForAsync(() => (lines = Read(office)).Any(l => What(l) == "access.refused"), "refusals are noted");
        Assert.Equal(
            [("key.made", "local"), ("key.made", "local"), ("key.renamed", adminId), ("key.revoked", adminId)],
            lines.Reverse().Where(l => What(l).StartsWith("key.", StringComparison.Ordinal)).Select(l => (What(l), l.GetProperty("who").GetString()!)));
        Assert.Contains(lines, l => What(l) == "service.started");
        Assert.Contains(lines, l => What(l) == "tls.authority");
        Assert.DoesNotContain(lines, l => l.ToString().Contains(admin[4..], StringComparison.Ordinal) || l.ToString().Contains(infer[4..], StringComparison.Ordinal));

        // None is lost to the count, and no try has a line of its own.
        Assert.Equal(0, await server.Process.StopAsync());
        var (exit, output, _) = await EdgeServeProcess.RunAsync("audit", "show", "--json", "--last", "1000", "--data", server.Data);
        Assert.Equal(0, exit);
        var refused = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).Where(l => What(l) == "access.refused").ToList();
        Assert.InRange(refused.Count, 1, 20);
        Assert.Equal(tries, refused.Sum(l => int.Parse(l.GetProperty("text").GetString()!.Split(": ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)));

        // At rest as well.
        Assert.Equal(0, (await EdgeServeProcess.RunAsync("tablet", "revoke", "office", "--data", server.Data)).ExitCode);
        Assert.Contains("command line", (await EdgeServeProcess.RunAsync("audit", "show", "--json", "--last", "1", "--data", server.Data)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await EdgeServeProcess.RunAsync("audit", "verify", "--data", server.Data)).ExitCode);
    }

    [Fact]
    public async Task A_log_that_was_changed_or_cut_off_is_found_by_the_head_a_stick_and_a_collector_have()
    {
        await using var device = await UpdatedDevice.StartWithSticksAsync();
        device.Write(1, 1);
        Assert.Equal(0, (await device.InstallAsync()).ExitCode);
        Directory.Delete(device.Layout, recursive: true);
        device.Write(2, 2);
        string status = Path.Combine(device.Plug(device.Layout, "A"), "status.json");
        await device.Process.WaitForAsync(() => File.Exists(status), "the stick has a report");
        string head = JsonDocument.Parse(await File.ReadAllBytesAsync(status, Requests.Stop)).RootElement.GetProperty("devices")[0].GetProperty("audit_head").GetString()!;
        Assert.Equal(0, await device.Process.StopAsync());
        await using (var stored = await StoredTelemetry.OpenAsync(device.Data))
        {
            var stamped = stored.Batches.Select(stored.Decode).Select(e => (e.Text("edgeserve.audit.sequence"), e.Text("edgeserve.audit.hash"))).ToList();
            Assert.Contains(stamped, s => s.Item2.Length == 64);
        }

        Assert.Equal((0, ""), await VerifyAsync(device.Data, head));
        Assert.Equal((0, ""), await VerifyAsync(device.Data, null));
        string file = Assert.Single(Directory.GetFiles(Path.Combine(device.Data, "audit")));
        string[] sound = await File.ReadAllLinesAsync(file, Requests.Stop);
        Assert.Contains(sound, l => l.Contains("\"update.changed\"", StringComparison.Ordinal));
        int known = int.Parse(head.Split(':')[0], System.Globalization.CultureInfo.InvariantCulture);

        // A word is changed.
        await File.WriteAllLinesAsync(file, sound.Select((l, i) => i == 1 ? l.Replace("\"who\":\"", "\"who\":\"x", StringComparison.Ordinal) : l), Requests.Stop);
        var (exit, error) = await VerifyAsync(device.Data, head);
        Assert.Equal(3, exit);
        Assert.Contains("line 2", error, StringComparison.Ordinal);

        // The end is cut off, and everything on the box that knew it.
        await File.WriteAllLinesAsync(file, sound.Take(known - 1), Requests.Stop);
        foreach (string own in Directory.GetFiles(Path.Combine(device.Data, "device"), "audit.*"))
            File.Delete(own);
        Assert.Equal((0, ""), await VerifyAsync(device.Data, null));
        (exit, error) = await VerifyAsync(device.Data, head);
        Assert.Equal(3, exit);
        Assert.Contains($"lines {known} to {known} are missing", error, StringComparison.Ordinal);
        Assert.Equal(2, (await VerifyAsync(device.Data, "7:nonsense")).Exit);
    }

    private static async Task<(int Exit, string Error)> VerifyAsync(string data, string? head)
    {
        var (exit, _, error) = await EdgeServeProcess.RunAsync(["audit", "verify", "--data", data, .. head is null ? Array.Empty<string>() : ["--head", head]]);
        return (exit, error);
    }

    private static JsonElement[] Read(HttpClient client)
    {
        // Pages of a few lines, put together.
        var lines = new List<JsonElement>();
        string cursor = "";
        do
        {
            var page = client.GetFromJsonAsync<JsonElement>($"/edge/v1/audit?limit=3{cursor}", Requests.Stop).GetAwaiter().GetResult();
            lines.AddRange(page.GetProperty("lines").EnumerateArray());
            cursor = page.TryGetProperty("next", out var next) ? "&cursor=" + next.GetString() : "";
        }
        while (cursor.Length > 0);
        return [.. lines];
    }

    private static string What(JsonElement line) => line.GetProperty("what").GetString()!;
}
