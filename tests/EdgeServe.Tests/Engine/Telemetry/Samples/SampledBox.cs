using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using EdgeServe.Engine;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Telemetry.Samples;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.TestModels;
using EdgeServe.Tests.Engine.Storage;
using EdgeServe.Tests.Engine.Telemetry.Outbox;
using EdgeServe.Tests.Engine.Updates.Enrolment;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Export = EdgeServe.TestCollector.Export;

namespace EdgeServe.Tests.Engine.Telemetry.Samples;

/// <summary>A box whose operator agrees to samples, with models that ask for one in <c>oneIn</c> or for none, and a real outbox.</summary>
internal sealed class SampledBox : ILogger<InputSampler>, IAsyncDisposable
{
    public const string Asks = "asks";
    public const string Texts = "texts";
    public const string Silent = "silent";
    private static readonly RSA Office = RSA.Create(3072);
    private readonly TempFolder _folder = new();
    private readonly OutboxBox _box;
    private readonly ServiceProvider _services;
    private readonly DeviceEnrolment _enrolment;

    public SampledBox(int oneIn, int perDay = 1000, bool key = true)
    {
        Add(Asks, OnnxType.Float, $$$"""{"telemetry":{"sample_inputs":{{{oneIn}}}}}""");
        Add(Texts, OnnxType.String, $$$"""{"telemetry":{"sample_inputs":{{{oneIn}}}}}""");
        Add(Silent, OnnxType.Float, "{}");
        _box = new OutboxBox(_folder["data"], new OutboxOptions { MaxBytes = 1 << 20 }, Time);
        _services = new ServiceCollection().AddLogging().AddEngine(new EngineOptions { ModelDirectory = _folder["models"] }).BuildServiceProvider();
        _enrolment = new DeviceEnrolment(_box.Data.Device, new DeviceKey(_box.Data.Device));
        if (key)
            Enrol();
        PerDay = perDay;
        Sampler = New();
    }

    public FakeTimeProvider Time { get; } = new();

    public int PerDay { get; }

    public InputSampler Sampler { get; private set; }

    public InferenceEngine Engine => _services.GetRequiredService<InferenceEngine>();

    public TelemetryOutbox Outbox => _box.Outbox;

    public List<(int Id, string Text)> Said { get; } = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<SampledBox> StartAsync(int oneIn, int perDay = 1000, bool key = true)
    {
        var box = new SampledBox(oneIn, perDay, key);
        await box.Sampler.StartAsync(Stop);
        await box.LoadAsync();
        return box;
    }

    public Task LoadAsync() => _services.GetRequiredService<ModelCatalog>().LoadAllAsync(_ => true, Stop);

    /// <summary>Head office makes it one of its own.</summary>
    public void Enrol() => _enrolment.Enrol(EnrolmentFile.Write(TestKeys.Terms() with { TelemetryKey = Office.ExportSubjectPublicKeyInfoPem() }), replace: false);

    /// <summary>Another process on the same data.</summary>
    public async Task RestartAsync()
    {
        await Sampler.StopAsync(Stop);
        Sampler.Dispose();
        Sampler = New();
        await Sampler.StartAsync(Stop);
        await LoadAsync();
    }

    /// <summary>The thread that answers has done its part when this returns.</summary>
    public async Task SendAsync(string model, byte[] tensor, string? id = null, bool trial = false)
    {
        var leased = await Engine.Catalog.LeaseAsync(model, 0, Stop);
        using var request = new InferRequest(leased) { Id = id, IsTrial = trial };
        var memory = Engine.Memory.Rent(tensor.Length);
        tensor.CopyTo(memory.Span(0, tensor.Length));
        var type = leased.Signature.Inputs[0].Type;
        request.Inputs.Add(new Tensor("input", type, [1, type == TensorType.Bytes ? 1 : tensor.Length / 4], memory, tensor.Length));
        request.InputBytes = tensor.Length;
        using var response = await Engine.InferAsync(request, Stop);
        Assert.Equal(tensor.Length, response.Tensors[0].ByteLength);
    }

    public static byte[] Row(int seed, int floats = 30)
    {
        float[] row = new float[floats];
        var random = new Random(seed);
        for (int i = 0; i < row.Length; i++)
            row[i] = random.NextSingle();
        return MemoryMarshal.AsBytes(row.AsSpan()).ToArray();
    }

    /// <summary>What was sealed until now, opened by head office: the record, and its content read as a request by the server's own reader.</summary>
    public async Task<List<(Dictionary<string, string> Attributes, string? Id, byte[] Tensor)>> SamplesAsync()
    {
        await Sampler.StopAsync(Stop);
        await Outbox.FlushAsync();
        var found = new List<(Dictionary<string, string>, string?, byte[])>();
        foreach (var log in _box.Received().Kept.SelectMany(e => e.Logs).Where(l => l.EventName == "edgeserve.sample"))
        {
            byte[] content = PartEnvelope.Open(log.Body.BytesValue.ToByteArray(), Office);
            var attributes = log.Attributes.ToDictionary(a => a.Key, a => Export.Text(log.Attributes, a.Key));
            Assert.Equal(content.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), attributes["edgeserve.sample.bytes"]);
            var model = await Engine.Catalog.LeaseAsync(attributes["edgeserve.model.name"], 0, Stop);
            using var request = new InferRequest(model);
            using var reader = new OipRequestReader(request, Engine.Memory, Export.Number(log.Attributes, "edgeserve.sample.header_bytes"), content.Length);
            Assert.Equal(content.Length, reader.Read(new ReadOnlySequence<byte>(content), completed: true));
            reader.Finish();
            found.Add((attributes, request.Id, request.Inputs.Single().Bytes.ToArray()));
        }

        return found;
    }

    /// <summary>Files of the data directory with these bytes in them. The lock is this process's own, and empty.</summary>
    public IEnumerable<string> FilesWith(byte[] bytes) =>
        Directory.EnumerateFiles(_folder["data"], "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "lock" && File.ReadAllBytes(f).AsSpan().IndexOf(bytes) >= 0);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Said)
            Said.Add((eventId.Id, formatter(state, exception) + exception));
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public async ValueTask DisposeAsync()
    {
        await Sampler.StopAsync(CancellationToken.None);
        Sampler.Dispose();
        await _services.DisposeAsync();
        await _box.DisposeAsync();
        _folder.Dispose();
    }

    private InputSampler New() => new(
        _services.GetRequiredService<ModelCatalog>(), _box.Outbox, _box.Clock, new SampleBudget(() => _box.Clock.Now, new DoubledFile(Path.Combine(_box.Data.Device, "samples")), PerDay),
        new SampleSealer(_enrolment), this);

    private void Add(string name, OnnxType type, string definition)
    {
        string folder = Directory.CreateDirectory(_folder[$"models/{name}/1"]).FullName;
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), TestGraphs.Identity(type));
        File.WriteAllText(Path.Combine(folder, "model.json"), definition);
    }
}
