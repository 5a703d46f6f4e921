using System.Buffers.Binary;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Running;
using EdgeServe.AcceptanceTests.Sync;
using EdgeServe.AcceptanceTests.Updates;
using EdgeServe.TestCollector;

namespace EdgeServe.AcceptanceTests.Telemetry;

/// <summary>Input samples of the real program, opened by the real openssl with the key that it made.</summary>
public sealed class SampleTests
{
    private const string Plain = """{"max_batch_size":8}""";
    private const string Asks = """{"max_batch_size":8,"telemetry":{"sample_inputs":1}}""";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Definition_operator_and_key_agree_or_nothing_is_kept_and_openssl_opens_what_is()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/openssl"), "openssl is not installed");
        float[] a = Row(), b = Row();

        // The operator alone.
        await using var device = await UpdatedDevice.StartAsync(("Telemetry__SampleInputs", "true"));
        await InstallAsync(device, 1, Plain);
        await InferAsync(device, a, b);
        Assert.Equal("no_model_asks", (await SamplesAsync(device)).GetProperty("blocked").GetString());

        // Operator and definition, and nobody to encrypt to. Its golden sample ran before it served, and counts as nothing.
        await InstallAsync(device, 2, Asks);
        await InferAsync(device, a, b);
        await InferAsync(device, a, b);
        var samples = await SamplesAsync(device);
        Assert.Equal(("no_telemetry_key", 2), (samples.GetProperty("blocked").GetString(), samples.GetProperty("no_key").GetInt32()));
        Assert.Equal(0, await device.Process.StopAsync());
        Assert.Equal(2, device.Process.Output.Split("has no key of head office").Length);

        // Definition and key, and an operator who does not agree.
        await EnrolAsync(device);
        await ServeAsync(device, agrees: false, async () =>
        {
            await InferAsync(device, a, b);
            Assert.False((await device.Process.Client.GetFromJsonAsync<JsonElement>("/edge/v1/sync", Stop)).TryGetProperty("input_samples", out _));
        });
        Assert.Empty(await StoredAsync(device));

        // All three.
        await ServeAsync(device, agrees: true, async () =>
        {
            await InferAsync(device, a, b, "the very request");
            Assert.False((await SamplesAsync(device)).TryGetProperty("blocked", out _));
        });
        var record = Assert.Single(await StoredAsync(device));
        await File.WriteAllBytesAsync(device["sample.der"], record.Body.BytesValue.ToByteArray(), Stop);
        await CarriedBox.ToolAsync("openssl", "cms", "-decrypt", "-inform", "DER", "-inkey", device["telemetry.pem"], "-in", device["sample.der"], "-out", device["sample.bin"]);
        byte[] request = await File.ReadAllBytesAsync(device["sample.bin"], Stop);
        int header = (int)Export.Number(record.Attributes, "edgeserve.sample.header_bytes");
        using var json = JsonDocument.Parse(request.AsMemory(0, header));
        Assert.Equal("the very request", json.RootElement.GetProperty("id").GetString());
        Assert.Equal([.. Bytes(a), .. Bytes(b)], request[header..]);

        // Nothing of it lies open anywhere on the disk, in binary or as the text it came as.
        byte[][] parts = [Bytes(a)[..12], Bytes(b)[..12], Encoding.UTF8.GetBytes(Text(a[0])), Encoding.UTF8.GetBytes(Text(b[15])), "the very request"u8.ToArray()];
        foreach (string file in Directory.EnumerateFiles(device.Data, "*", SearchOption.AllDirectories))
        {
            byte[] content = await File.ReadAllBytesAsync(file, Stop);
            Assert.True(Array.TrueForAll(parts, p => content.AsSpan().IndexOf(p) < 0), file);
        }

        // What head office opened is a request like any other.
        await ServeAsync(device, agrees: false, async () =>
        {
            using var content = new ByteArrayContent(request);
            content.Headers.Add("Inference-Header-Content-Length", header.ToString(CultureInfo.InvariantCulture));
            using var response = await device.Process.Client.PostAsync("/v2/models/add/infer", content, Stop);
            response.EnsureSuccessStatusCode();
        });
    }

    private static async Task InstallAsync(UpdatedDevice device, int release, string definition)
    {
        device.Write(release, release, definition: definition);
        var (exit, _, error) = await device.InstallAsync();
        Assert.True(exit == 0, error);
    }

    private static async Task ServeAsync(UpdatedDevice device, bool agrees, Func<Task> work)
    {
        await device.Process.DisposeAsync();
        device.Environment["EDGESERVE__Telemetry__SampleInputs"] = agrees ? "true" : "false";
        await device.StartAsync();
        await work();
        Assert.Equal(0, await device.Process.StopAsync());
    }

    private static async Task<JsonElement> SamplesAsync(UpdatedDevice device) =>
        (await device.Process.Client.GetFromJsonAsync<JsonElement>("/edge/v1/sync", Stop)).GetProperty("input_samples");

    private static async Task<List<TestCollector.Otlp.LogRecord>> StoredAsync(UpdatedDevice device)
    {
        await using var stored = await StoredTelemetry.OpenAsync(device.Data);
        return [.. stored.Received().Kept.SelectMany(e => e.Logs).Where(l => l.EventName == "edgeserve.sample")];
    }

    private static async Task EnrolAsync(UpdatedDevice device)
    {
        string key = device["telemetry.pem"];
        await CarriedBox.ToolAsync("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-out", key);
        await CarriedBox.ToolAsync("openssl", "pkey", "-in", key, "-pubout", "-out", key + ".pub");
        string[][] verbs =
        [
            ["fleet", "init", "--channel", device.Office.Channel, "--device-class", device.Office.DeviceClass, "--key", device["office.pem"], "--telemetry-key", key + ".pub", "--out", device["fleet.json"]],
            ["device", "enroll", device["fleet.json"], "--data", device.Data],
        ];
        foreach (string[] verb in verbs)
        {
            var (exit, _, error) = await EdgeServeProcess.RunAsync(verb);
            Assert.True(exit == 0, error);
        }
    }

    private static async Task InferAsync(UpdatedDevice device, float[] a, float[] b, string id = "")
    {
        string body = $$"""{"id":"{{id}}","inputs":[{{Input("A", a)}},{{Input("B", b)}}]}""";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await device.Process.Client.PostAsync("/v2/models/add/infer", content, Stop);
        response.EnsureSuccessStatusCode();
    }

    private static string Input(string name, float[] row) => $$"""{"name":"{{name}}","shape":[1,16],"datatype":"FP32","data":[{{string.Join(',', row.Select(Text))}}]}""";

    private static float[] Row() => [.. Enumerable.Range(0, 16).Select(_ => Random.Shared.NextSingle())];

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static byte[] Bytes(float[] row)
    {
        byte[] bytes = new byte[row.Length * sizeof(float)];
        for (int i = 0; i < row.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), row[i]);
        return bytes;
    }
}
