using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using EdgeServe.Grpc.Wire;
using EdgeServe.Security;
using Google.Protobuf;

namespace EdgeServe.AcceptanceTests.Security;

/// <summary>Every route and gRPC method, over TLS, with every kind of key there is.</summary>
public sealed class AccessMatrixTests(AccessKeys keys) : IClassFixture<AccessKeys>
{
    private const string Model = "spare";
    private static readonly string[] Order = ["anyone", "infer", "operate", "admin"];

    public static TheoryData<string> Rows { get; } = [.. AccessRow.All.Select(r => $"{r.Method} {r.Path}")];

    [Fact]
    public void The_matrix_has_every_row_of_the_table() =>
        Assert.Equal(
            AccessTable.Rules.Where(r => !r.Key.Contains("grpc.reflection", StringComparison.Ordinal)).Select(r => $"{r.Key} {r.Value.Scope.ToString().ToLowerInvariant()}").Order(StringComparer.Ordinal),
            AccessRow.All.Select(r => $"{r.Name} {r.Scope}").Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Only_who_may_is_let_in(string name)
    {
        var row = AccessRow.All.Single(r => $"{r.Method} {r.Path}" == name);
        bool open = row.Scope == "anyone";
        foreach (var (key, code) in new[] { ("none", "KeyMissing"), ("malformed", "KeyMalformed"), ("unknown", "KeyUnknown"), ("expired", "KeyExpired"), ("revoked", "KeyRevoked") })
            await ExpectAsync(row, key, open ? null : code);
        foreach (string scope in Order[1..])
            await ExpectAsync(row, scope, Array.IndexOf(Order, scope) >= Array.IndexOf(Order, row.Scope) ? null : "ScopeMissing");
        // A key of scope operate that may use another model only.
        bool namesOne = row.Path.Contains("{model}", StringComparison.Ordinal) || Message(row)?.NamesModel == true;
        await ExpectAsync(row, "other-model", row.Scope == "admin" ? "ScopeMissing" : namesOne ? "ModelNotAllowed" : null);
    }

    [Fact]
    public async Task Another_s_job_is_no_job_whatever_the_key()
    {
        string id = await keys.SubmitAsync("infer");
        foreach (string stranger in new[] { "operate", "admin", "other-model" })
        {
            foreach (var (method, path) in new[] { ("GET", ""), ("GET", "/result"), ("GET", "?wait=1s"), ("POST", "/acknowledge"), ("DELETE", "") })
                Assert.Equal(404, (await keys.SendAsync(stranger, new HttpMethod(method), $"/edge/v1/jobs/{id}{path}")).Status);
            Assert.DoesNotContain(id, (await keys.SendAsync(stranger, HttpMethod.Get, "/edge/v1/jobs")).Text, StringComparison.Ordinal);
        }

        using var local = await keys.Server.Local.GetAsync("/edge/v1/jobs/" + id, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, local.StatusCode);
        Assert.Equal(200, (await keys.SendAsync("infer", HttpMethod.Get, "/edge/v1/jobs/" + id + "?wait=30s")).Status);
        // How many there are is no secret to who looks after the box.
        var counts = JsonDocument.Parse((await keys.SendAsync("admin", HttpMethod.Get, "/edge/v1/status")).Text).RootElement.GetProperty("jobs");
        Assert.True(counts.GetProperty("queued").GetInt64() + counts.GetProperty("running").GetInt64() + counts.GetProperty("succeeded").GetInt64() > 0);
    }

    [Fact]
    public async Task One_idempotency_key_of_two_owners_is_two_jobs()
    {
        string one = await keys.SubmitAsync("infer", "visit-1");
        Assert.Equal(one, await keys.SubmitAsync("infer", "visit-1"));
        Assert.NotEqual(one, await keys.SubmitAsync("operate", "visit-1"));
    }

    [Fact]
    public async Task Lists_show_a_key_its_own_models_only()
    {
        foreach (var (method, path) in new[] { ("GET", "/v2/models"), ("GET", "/v2/models/stats"), ("POST", "/v2/repository/index") })
        {
            string text = (await keys.SendAsync("other-model", new HttpMethod(method), path)).Text;
            Assert.Contains("breast-cancer", text, StringComparison.Ordinal);
            Assert.DoesNotContain("identity-float", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("GET", "/nowhere")]
    [InlineData("PATCH", "/v2/models")]
    [InlineData("POST", "/inference.GRPCInferenceService/Nothing")]
    public async Task What_is_not_there_is_not_told_to_strangers(string method, string path)
    {
        Assert.Equal(401, (await keys.SendAsync("none", new HttpMethod(method), path)).Status);
        Assert.InRange((await keys.SendAsync("infer", new HttpMethod(method), path)).Status, 404, 415);
    }

    [Fact]
    public async Task What_needs_the_control_socket_is_refused_to_a_key_of_scope_admin_too()
    {
        foreach (var (method, path) in new[] { ("GET", "/edge/v1/backup"), ("POST", "/edge/v1/device/enroll"), ("POST", "/edge/v1/keys/reset") })
        {
            var answer = await keys.SendAsync("admin", new HttpMethod(method), path);
            Assert.Equal((403, "Forbidden"), (answer.Status, answer.Code));
        }
    }

    private async Task ExpectAsync(AccessRow row, string key, string? code)
    {
        string cell = $"{row.Method} {row.Path} with key {key}";
        if (row.IsGrpc)
        {
            int status = await CallAsync(row, key);
            int expected = code switch { null => -1, "ScopeMissing" or "ModelNotAllowed" => 7, _ => 16 };
            if (row.Path.EndsWith("/ModelStreamInfer", StringComparison.Ordinal) && code == "ModelNotAllowed")
                expected = 0; // each message of a stream has its own answer: see RevocationTests
            Assert.True(expected < 0 ? status is not (7 or 16) : status == expected, $"{cell}: grpc-status {status}, expected {(expected < 0 ? "neither 7 nor 16" : expected)}");
            return;
        }

        var answer = await keys.SendAsync(key, new HttpMethod(row.Method), Fill(row.Path));
        if (code is null)
        {
            Assert.True(answer.Code is null || !Enum.TryParse<AccessError>(answer.Code, out _), $"{cell}: {answer.Status} {answer.Code}");
            Assert.True(answer.Status is not 401 and not 500, $"{cell}: {answer.Status}");
            return;
        }

        Assert.True(answer.Code == code, $"{cell}: {answer.Status} {answer.Code}, expected {code}");
        Assert.True(answer.Status == (code is "ScopeMissing" or "ModelNotAllowed" ? 403 : 401), $"{cell}: {answer.Status}");
        Assert.True(answer.Challenge.StartsWith("Bearer realm=", StringComparison.Ordinal) == (code != "ModelNotAllowed"), $"{cell}: {answer.Challenge}");
    }

    /// <summary>One message, and what the call ends with.</summary>
    private async Task<int> CallAsync(AccessRow row, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, row.Path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        byte[] message = Message(row)?.Bytes ?? [];
        byte[] framed = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        request.Content = new ByteArrayContent(framed);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var response = await keys.Of(key).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        if (response.Headers.TryGetValues("grpc-status", out var early))
            return int.Parse(early.Single(), System.Globalization.CultureInfo.InvariantCulture);
        // Watch lasts; that it answers is enough.
        if (row.Path.EndsWith("/Watch", StringComparison.Ordinal))
            return 0;
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return int.Parse(response.TrailingHeaders.GetValues("grpc-status").Single(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static (byte[] Bytes, bool NamesModel)? Message(AccessRow row)
    {
        var method = GRPCInferenceService.Descriptor.Methods.FirstOrDefault(m => row.Path == $"/inference.GRPCInferenceService/{m.Name}");
        if (method is null)
            return null;
        var field = method.InputType.FindFieldByName("model_name") ?? (method.Name.StartsWith("Model", StringComparison.Ordinal) ? method.InputType.FindFieldByName("name") : null);
        var message = method.InputType.Parser.ParseFrom(ByteString.Empty);
        field?.Accessor.SetValue(message, Model);
        return (message.ToByteArray(), field is not null);
    }

    private static string Fill(string path) => path
        .Replace("{model}", Model, StringComparison.Ordinal).Replace("{version}", "1", StringComparison.Ordinal)
        .Replace("{repository}", "main", StringComparison.Ordinal).Replace("{region}", "r", StringComparison.Ordinal)
        .Replace("{id}", path.Contains("/jobs/", StringComparison.Ordinal) ? new string('0', 32) : "nobody", StringComparison.Ordinal);
}
