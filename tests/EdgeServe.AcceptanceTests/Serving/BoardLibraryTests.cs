using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Serving;

/// <summary>A board's own inference library, as on a Jetson: used when it is the version this program needs, refused otherwise.</summary>
public sealed class BoardLibraryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgeserve-library-").FullName;
    private readonly ModelFolder _models = new ModelFolder().AddShipped("breast-cancer");

    private string Library => Path.Combine(_folder, "libonnxruntime.so");

    [Theory]
    [InlineData("const char* version(void) { return \"1.18.0\"; }", "it is ONNX Runtime 1.18.0, this program needs 1.31.1")]
    [InlineData("const char* version(void) { return \"1.31.10\"; }", "it is ONNX Runtime 1.31.10, this program needs 1.31.1")]
    [InlineData("const char* version(void) { return 0; }", "it is no ONNX Runtime")]
    [InlineData(null, "it does not load")]
    [InlineData("", "there is no such file")]
    public async Task Another_version_is_refused_and_the_packaged_library_serves(string? version, string reason)
    {
        if (version is null)
            await File.WriteAllTextAsync(Library, "not a library", Requests.Stop);
        else if (version.Length > 0)
            await CompileAsync(version);
        await using var server = await StartAsync();
        Assert.Equal(200, (await server.Client.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
        var parameters = await ParametersAsync(server);
        Assert.Equal("cpu", parameters.GetProperty("provider").GetProperty("string_value").GetString());
        string note = parameters.GetProperty("provider_note").GetProperty("string_value").GetString()!;
        Assert.StartsWith($"{Library} is not used: {reason}", note, StringComparison.Ordinal);
        await server.WaitForLogAsync("is not used");
        Assert.DoesNotContain(Library, Maps(server), StringComparison.Ordinal);
        var (_, doctor, _) = await EdgeServeProcess.RunAsync(Setting, "doctor", "--models", _models.Path, "--json");
        Assert.Contains(reason, doctor, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_version_is_used_from_where_the_board_has_it()
    {
        File.Copy(Packaged(), Library);
        await using var server = await StartAsync();
        Assert.Equal(200, (await server.Client.InferAsync("breast-cancer", Requests.BreastCancer)).Status);
        Assert.Contains(Library, Maps(server), StringComparison.Ordinal);
        Assert.DoesNotContain(Packaged(), Maps(server), StringComparison.Ordinal);
        // This build has no accelerator: the order of the device ends at the CPU, and says why.
        string note = (await ParametersAsync(server)).GetProperty("provider_note").GetProperty("string_value").GetString()!;
        Assert.Contains("tensorrt is not available", note, StringComparison.Ordinal);
        Assert.Contains("cuda is not available", note, StringComparison.Ordinal);
        Assert.DoesNotContain("is not used", note, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _models.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Dictionary<string, string?> Setting => new()
    {
        ["EDGESERVE__Engine__Library"] = Library,
        ["EDGESERVE__Engine__Providers__0"] = "tensorrt",
        ["EDGESERVE__Engine__Providers__1"] = "cuda",
        ["EDGESERVE__Engine__Providers__2"] = "cpu",
    };

    private Task<EdgeServeProcess> StartAsync() => EdgeServeProcess.StartAsync(_models.Path, Setting);

    private static async Task<JsonElement> ParametersAsync(EdgeServeProcess server) =>
        JsonDocument.Parse(await server.Client.GetStringAsync("/v2/models/breast-cancer/config", Requests.Stop)).RootElement.GetProperty("parameters");

    private static string Maps(EdgeServeProcess server) => File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{server.ProcessId}/maps"));

    /// <summary>The one beside the program that is tested.</summary>
    private static string Packaged()
    {
        string beside = Path.Combine(Path.GetDirectoryName(EdgeServeProcess.Binary)!, "libonnxruntime.so");
        return File.Exists(beside) ? beside : Path.Combine(Path.GetDirectoryName(EdgeServeProcess.Binary)!, "runtimes", "linux-x64", "native", "libonnxruntime.so");
    }

    /// <summary>What a library of another version looks like from outside: the C API's entry, and its version.</summary>
    private async Task CompileAsync(string version)
    {
        string source = Path.Combine(_folder, "fake.c");
        await File.WriteAllTextAsync(source, $$"""
            {{version}}
            static const void* api(unsigned v) { (void)v; return 0; }
            struct base { const void* (*get)(unsigned); const char* (*version)(void); };
            static const struct base it = { api, version };
            const struct base* OrtGetApiBase(void) { return &it; }
            """, Requests.Stop);
        using var process = Process.Start(new ProcessStartInfo("clang", ["-shared", "-fPIC", "-o", Library, source]))!;
        await process.WaitForExitAsync(Requests.Stop);
        Assert.Equal(0, process.ExitCode);
    }
}
