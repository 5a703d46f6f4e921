using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeServe.AcceptanceTests.Rest;
using EdgeServe.AcceptanceTests.Running;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>A request that may be a job.</summary>
/// <param name="Model">Its model.</param>
/// <param name="Body">As infer takes it.</param>
/// <param name="HeaderLength">Of its JSON when tensors follow.</param>
internal sealed record JobSample(string Model, byte[] Body, int? HeaderLength = null)
{
    /// <summary>The model of <see cref="Echo"/>.</summary>
    public const string EchoModel = "echo";

    /// <summary>JSON of some 250 bytes: kept in the database.</summary>
    public static JobSample Small { get; } = new("breast-cancer", Encoding.UTF8.GetBytes(Requests.BreastCancer));

    /// <summary>A photo of 200 KB: kept as a file.</summary>
    public static JobSample Large { get; } = Golden("face-detection", "astronaut");

    /// <summary>Answered with its own number: a result that belongs to another job is seen.</summary>
    public static JobSample Echo(int number) => new(EchoModel, Encoding.UTF8.GetBytes(
        $$"""{"inputs":[{"name":"input","shape":[1,8],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Range(0, 8).Select(i => (number * 8) + i))}}]}]}"""));

    /// <summary>Keeps the worker busy for a while.</summary>
    public static JobSample Slow(int turns) => new("slow", Encoding.UTF8.GetBytes(
        $$"""{"inputs":[{"name":"input","shape":[1],"datatype":"INT64","data":[{{turns.ToString(CultureInfo.InvariantCulture)}}]}]}"""));

    public Action<HttpRequestMessage> Headers(string? key, double? notAfterSeconds = null) => request =>
    {
        if (HeaderLength is { } length)
            request.Headers.Add(Requests.HeaderLength, length.ToString(CultureInfo.InvariantCulture));
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        if (notAfterSeconds is { } seconds)
            request.Headers.Add("Edge-Not-After", seconds.ToString(CultureInfo.InvariantCulture));
    };

    private static JobSample Golden(string model, string name)
    {
        string file = Path.Combine(ModelFolder.Shipped, model, "1", "golden", name);
        int length = JsonDocument.Parse(File.ReadAllBytes(file + ".json")).RootElement.GetProperty("request_header_length").GetInt32();
        return new JobSample(model, File.ReadAllBytes(file + ".bin"), length);
    }
}
