using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Updates;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Engine.Updates.Sticks;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>
/// Telemetry by stick, for boxes that are never online. What a stick can do to the box ends here: nothing on it, and no
/// moment at which it is pulled, makes a row leave without head office's signature.
/// </summary>
internal sealed partial class StickTelemetry(TelemetryOutbox outbox, CarryOutBox box, CarryOutOptions options, ILogger<StickTelemetry> log) : IStickCargo
{
    private const int NoSpace = 28, Quota = 122, ReadOnly = 30, Denied = 13, NotPermitted = 1;

    /// <summary>What was last carried and acknowledged.</summary>
    public CarryOutRecord Record => box.Record;

    public CarryOutOptions Options => options;

    /// <summary>The key telemetry is encrypted to; null: none is carried out.</summary>
    public string? TelemetryKey => options.MaxBytes > 0 ? box.Enrolment.Terms?.TelemetryKey : null;

    /// <summary>Of the last stick; null: none came since the start.</summary>
    public CarryOutResult? Last { get; private set; }

    public bool IsNothingElse(string layout)
    {
        try
        {
            var index = ImageLayout.Open(layout).Index();
            return index.Manifests.All(m => StickLayout.TagOf(m)?.StartsWith(CarryOutNames.Prefix, StringComparison.Ordinal) == true)
                && (index.Manifests.Count > 0 || index.Annotations.GetValueOrDefault(AnnotationNames.Type) == CarryOutNames.IndexType);
        }
        catch (BundleException)
        {
            // Whoever reads it says what is wrong with it.
            return false;
        }
    }

    public bool IsWanted => options.MaxBytes > 0 && box.Enrolment.Terms is { } terms && (TelemetryKey is not null || terms.AcknowledgementKey is not null);

    public async Task<CargoReport?> ExchangeAsync(Medium medium, CancellationToken cancellation)
    {
        if (!IsWanted || box.Enrolment.Terms is not { } terms)
            return null;
        CarryOutResult? result = null;
        // Copying must not take a thread or a core from requests.
        await QuietThread.RunAsync("carry out", async () => result = await VisitAsync(medium, terms, cancellation));
        Last = result;
        box.Record.Note(result!);
        Tell(medium.Name, result!);
        return CarryOutTexts.Of(result!) is { } text ? new CargoReport(text, result!.Refused is not null ? CarryOutError.AcknowledgementRefused : result.Error) : null;
    }

    private async Task<CarryOutResult> VisitAsync(Medium medium, EnrolmentTerms terms, CancellationToken cancellation)
    {
        StickExchange? exchange = null;
        CarryOutResult Broken(CarryOutError error, string detail) => (exchange?.Result ?? new CarryOutResult { Left = outbox.Totals.Batches }) with { Error = error, Detail = detail };
        try
        {
            using var layout = Open(medium);
            exchange = new StickExchange(outbox, layout, options, () => OutboxMoment.Now(box.Clock), cancellation);
            await exchange.AcknowledgeAsync(box.Identity.Id, terms.AcknowledgementKey is { } pem ? TrustedKey.FromPem(pem) : null);
            if (TelemetryKey is { } telemetry && box.Key.Read() is { } key)
            {
                using var signer = new ExportSigner(box.Identity.Id, key, telemetry);
                await exchange.ExportAsync(signer);
            }
            else
            {
                exchange.Tidy();
            }

            return exchange.Result;
        }
        catch (CarryOutException e)
        {
            return Broken(e.Error, e.Message);
        }
        catch (StorageException e)
        {
            return Broken(CarryOutError.StorageTrouble, e.Message);
        }
        catch (OperationCanceledException)
        {
            return Broken(CarryOutError.StickPulled, "it was pulled, or the service stops");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Broken(Of(e), e.Message);
        }
        catch (Exception e)
        {
            // A fault of this program must end neither the visit nor the watch over other sticks.
            Log.Broke(log, medium.Name, e);
            return Broken(CarryOutError.StorageTrouble, "a fault of the service's own");
        }
    }

    private static StickLayout Open(Medium medium)
    {
        using var root = FolderHandle.Open(medium.Path);
        if (root is null || (root.Status().Device, root.Status().Inode) != medium.Root)
            throw new CarryOutException(CarryOutError.StickPulled, "it is gone");
        var folder = root.FolderOrNew(medium.LayoutFolder ?? Medium.FolderName);
        if (folder.Status().Device == medium.Root.Device)
            return new StickLayout(folder, "device");
        folder.Dispose();
        throw new CarryOutException(CarryOutError.StickUnreadable, "its folder is on another disk");
    }

    private static CarryOutError Of(Exception e) => (e.HResult & 0xFFFF) switch
    {
        NoSpace or Quota => CarryOutError.StickFull,
        ReadOnly or Denied or NotPermitted => CarryOutError.StickReadOnly,
        _ => e is UnauthorizedAccessException ? CarryOutError.StickReadOnly : CarryOutError.StickPulled,
    };

    private void Tell(string stick, CarryOutResult result)
    {
        if (result.Acknowledged > 0)
            Log.Acknowledged(log, stick, result.Acknowledged);
        if (result.Refused is { } refused)
            Log.Refused(log, stick, refused);
        if (result.NewBatches > 0)
            Log.Carried(log, stick, result.NewBatches, result.Batches, result.Bytes, result.Left);
        if (result.Error is { } error)
            Log.NotAll(log, stick, error, result.Detail);
    }

    private static partial class Log
    {
        [LoggerMessage(7201, LogLevel.Information, "Stick {Stick} carries telemetry out: {New} batches came onto it, {Batches} in {Bytes} bytes are on it, {Left} are not")]
        public static partial void Carried(ILogger logger, string stick, long @new, long batches, long bytes, long left);

        [LoggerMessage(7202, LogLevel.Information, "Stick {Stick} brought head office's acknowledgement: {Batches} batches are delivered and deleted")]
        public static partial void Acknowledged(ILogger logger, string stick, long batches);

        [LoggerMessage(7203, LogLevel.Warning, "Stick {Stick}: {Reason}. No telemetry was deleted")]
        public static partial void Refused(ILogger logger, string stick, string reason);

        [LoggerMessage(7204, LogLevel.Information, "Stick {Stick} does not carry all telemetry out ({Error}): {Reason}. What is not on it stays here")]
        public static partial void NotAll(ILogger logger, string stick, CarryOutError error, string reason);

        [LoggerMessage(7205, LogLevel.Error, "Stick {Stick}: carrying telemetry out failed for a reason of the service's own")]
        public static partial void Broke(ILogger logger, string stick, Exception error);
    }
}
