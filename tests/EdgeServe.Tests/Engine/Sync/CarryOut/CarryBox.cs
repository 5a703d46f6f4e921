using System.Security.Cryptography;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Engine.Updates.Sticks;
using EdgeServe.Tests.Engine.Storage;
using EdgeServe.Tests.Engine.Telemetry.Outbox;
using Microsoft.Extensions.Logging.Abstractions;
using Ledger = EdgeServe.TestCollector.Ledger;

namespace EdgeServe.Tests.Engine.Sync.CarryOut;

/// <summary>A box with an outbox that is enrolled with head office's keys, and sticks as plain folders.</summary>
internal sealed class CarryBox : IAsyncDisposable
{
    private static readonly RSA Office = RSA.Create(3072);
    private readonly TempFolder _folder = new();

    public CarryBox(CarryOutOptions? options = null, bool acknowledgements = true)
    {
        Box = new OutboxBox(_folder["data"]);
        Key = new DeviceKey(Box.Data.Device);
        Identity = new DeviceIdentity(Box.Data.Device);
        Enrolment = new DeviceEnrolment(Box.Data.Device, Key);
        var terms = Updates.Enrolment.TestKeys.Terms() with
        {
            TelemetryKey = Office.ExportSubjectPublicKeyInfoPem(),
            AcknowledgementKey = acknowledgements ? Word.Public.Pem : null,
        };
        Enrolment.Enrol(EnrolmentFile.Write(terms), replace: false);
        Options = options ?? new CarryOutOptions();
    }

    public static SigningKey Word { get; } = SigningKey.Generate();

    public static RSA OfficeKey => Office;

    public OutboxBox Box { get; }

    public DeviceKey Key { get; }

    public DeviceIdentity Identity { get; }

    public DeviceEnrolment Enrolment { get; }

    public CarryOutOptions Options { get; set; }

    public CarryOutRecord Record => new(Box.Data.Device, Box.Clock);

    public string this[string name] => _folder[name];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Some of each class.</summary>
    public async Task FillAsync(int rounds = 3, int bytes = 100)
    {
        for (int i = 0; i < rounds; i++)
        {
            for (var kind = TelemetryClass.Alarm; kind <= TelemetryClass.Trace; kind++)
                await Box.StoreAsync(Convert.ToHexString(RandomNumberGenerator.GetBytes(bytes)), kind, 2);
        }
    }

    /// <summary>Puts a stick in, waits, and hands on what the box says of it.</summary>
    public async Task<(CargoReport? Report, CarryOutResult Result)> VisitAsync(string stick, CancellationToken? pulled = null)
    {
        string path = Directory.CreateDirectory(System.IO.Path.Combine(_folder[stick], "edgeserve")).Parent!.FullName;
        var cargo = new StickTelemetry(Box.Outbox, new CarryOutBox(Identity, Key, Enrolment, Box.Clock, Record), Options, NullLogger<StickTelemetry>.Instance);
        var report = await cargo.ExchangeAsync(Medium.Look(path)!, pulled ?? Stop);
        return (report, cargo.Last!);
    }

    public string Layout(string stick) => System.IO.Path.Combine(_folder[stick], "edgeserve");

    public string Blob(string stick, Digest digest) => System.IO.Path.Combine(Layout(stick), "blobs", "sha256", digest.Hex);

    public List<string> Tags(string stick) => [.. ImageLayout.Open(Layout(stick)).Index().Manifests.Select(m => m.Annotation(AnnotationNames.RefName) ?? "")];

    /// <summary>The export on a stick as head office reads it.</summary>
    public async Task<Export> ExportAsync(string stick)
    {
        var layout = ImageLayout.Open(Layout(stick));
        string tag = Tags(stick).Single(CarryOutNames.IsExport);
        return await Export.ReadAsync(layout, (await layout.ResolveAsync(tag, null, Stop))!, Stop);
    }

    public async Task<List<CarriedBatch>> OpenAsync(string stick)
    {
        var export = await ExportAsync(stick);
        var found = new List<CarriedBatch>();
        foreach (var part in export.Statement.Parts)
            found.AddRange(await export.OpenAsync(part, Office, Stop));
        return found;
    }

    /// <summary>Head office's word on a stick, by this key.</summary>
    public void Acknowledge(string stick, BatchNumbers numbers, SigningKey? key = null, string? device = null)
    {
        Directory.CreateDirectory(Layout(stick));
        using var layout = new StickLayout(FolderHandle.Open(Layout(stick))!, "office");
        AcknowledgementFile.Write(layout, new Acknowledgement(device ?? Identity.Id, numbers), key ?? Word);
    }

    public static Ledger Receive(IEnumerable<CarriedBatch> batches)
    {
        var ledger = new Ledger();
        foreach (var batch in batches)
            ledger.Keep(EdgeServe.TestCollector.Export.Decode(batch.Signal.ToString().ToLowerInvariant(), batch.Payload, "gzip"));
        return ledger;
    }

    public async ValueTask DisposeAsync()
    {
        await Box.DisposeAsync();
        _folder.Dispose();
    }
}
