using System.Net.Http.Json;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.AcceptanceTests.Updates;

namespace EdgeServe.AcceptanceTests.Lights;

/// <summary>The real program and a light: the kernel's LED folder is a made-up one, everything else is real.</summary>
public sealed class LightTests
{
    [Fact]
    public async Task The_light_follows_a_stick_from_ready_to_done_and_to_refused_and_is_given_back()
    {
        string folder = Path.Combine(Directory.CreateTempSubdirectory("es-led-").FullName, "ACT");
        await using var led = await FakeLed.CreateAsync(folder);
        await using var device = await UpdatedDevice.StartWithSticksAsync(("Lights__BoardLed", folder));
        device.Write(1, 1);
        Assert.Equal(0, (await device.InstallAsync()).ExitCode);
        await UntilAsync(device, "ready");
        await device.Process.WaitForAsync(() => led.IsSteady(TimeSpan.FromSeconds(1.5)), "a steady light");
        Assert.Equal("none", led.Trigger);

        device.Write(2, 2);
        string stick = device.Plug(device.Layout, "good");
        await UntilAsync(device, "stick_done");
        await FlashesAsync(device, led, 1);
        Assert.Equal((2, "2"), (await device.ReleaseAsync(), await device.InferAsync()));
        Directory.Delete(Path.GetDirectoryName(stick)!, recursive: true);
        await UntilAsync(device, "ready");

        device.Write(3, 3, sum: 99);
        stick = device.Plug(device.Layout, "bad");
        await UntilAsync(device, "refused");
        await FlashesAsync(device, led, 4);
        Assert.Equal("2", await device.InferAsync());
        // Asked back by a word instead of a button: there is none here.
        var (exit, output, error) = await device.VerbAsync("stick", "eject");
        Assert.True(exit == 0, output + error);
        Assert.Contains("bad: you can pull it out.", output, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(stick)!, recursive: true);
        await UntilAsync(device, "ready");

        Assert.Equal(0, await device.Process.StopAsync());
        Assert.Equal("mmc0", led.Trigger);
    }

    [Fact]
    public async Task Without_the_chip_the_box_serves_and_says_what_is_missing()
    {
        await using var server = await EdgeServeProcess.StartAsync(ModelFolder.Shipped, new Dictionary<string, string?>
        {
            ["EDGESERVE__Lights__Chip"] = "200",
            ["EDGESERVE__Lights__GreenLine"] = "17",
            ["EDGESERVE__Lights__ButtonLine"] = "4",
            ["EDGESERVE__Repository__LoadAtStart__0"] = "breast-cancer",
        });
        await server.WaitForLogAsync("Lights and button: the green light: /dev/gpiochip200 is not there");
        var status = await server.Client.GetFromJsonAsync<JsonElement>("/edge/v1/status", TestContext.Current.CancellationToken);
        Assert.True(status.GetProperty("ready").GetBoolean());
        Assert.Equal("degraded", status.GetProperty("state").GetString());
        Assert.Equal(["lights", "lights"], status.GetProperty("problems").EnumerateArray().Select(p => p.GetProperty("part").GetString()));
        Assert.False(status.TryGetProperty("lights", out _));
    }

    private static async Task FlashesAsync(UpdatedDevice device, FakeLed led, int count)
    {
        int since = led.Writes;
        await device.Process.WaitForAsync(() => led.Flashes(since) == count, $"{count} flashes");
    }

    private static async Task UntilAsync(UpdatedDevice device, string shows)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            var status = await device.Process.Client.GetFromJsonAsync<JsonElement>("/edge/v1/status", patience.Token);
            if (status.TryGetProperty("lights", out var lights) && lights.GetProperty("shows").GetString() == shows)
                return;
            await Task.Delay(50, patience.Token);
        }
    }
}
