using System.Globalization;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>
/// One visit of a stick, step 4b of the telemetry flow: (1) what head office proves to have leaves the device, (2) what is
/// on the stick already and still waits stays there, (3) the rest is sealed part by part, most important first, (4) after
/// each part the export is named anew, so that a stick that is pulled has whole parts only and the next visit goes on.
/// </summary>
internal sealed class StickExchange(TelemetryOutbox outbox, StickLayout layout, CarryOutOptions options, Func<OutboxMoment> now, CancellationToken cancellation)
{
    private const int Page = 512;

    /// <summary>Left free for manifests, and for the report.</summary>
    private const int Reserve = 256 << 10;

    /// <summary>A part that would hold less is not begun.</summary>
    private const int LeastPart = 8 << 10;

    /// <summary>From this many on, small parts of earlier visits are packed anew.</summary>
    private const int ManyParts = 64;

    private readonly List<ExportPart> _parts = [];
    private readonly Queue<OutboxBatch> _waiting = new();
    private HashSet<Digest> _old = [];
    private bool _acknowledged;
    private int _tooLarge;
    private string _device = "";

    public CarryOutResult Result { get; private set; } = new();

    /// <summary>(1) Deletes what a signed acknowledgement for this device names. Anything else deletes nothing.</summary>
    /// <param name="device">This one.</param>
    /// <param name="key">Head office's, pinned at enrolment; null: none was.</param>
    /// <exception cref="StorageException">The outbox cannot be changed now; nothing is lost by that.</exception>
    public async Task AcknowledgeAsync(string device, TrustedKey? key)
    {
        _device = device;
        foreach (var entry in layout.Entries.Where(IsAcknowledgement).ToArray())
        {
            try
            {
                if (key is null)
                    throw new CarryOutException(CarryOutError.AcknowledgementRefused, "this box was enrolled without an acknowledgement key");
                var numbers = AcknowledgementFile.Read(layout, entry, device, key).Numbers;
                OutboxBatch[] proven = [.. Pending().Where(numbers.Contains)];
                foreach (var chunk in proven.Chunk(Page))
                    await outbox.AcknowledgeAsync(chunk, AcknowledgedBy.Stick);
                _acknowledged = true;
                Result = Result with { Acknowledged = Result.Acknowledged + proven.Length };
            }
            catch (CarryOutException e)
            {
                Result = Result with { Refused = e.Message };
            }
        }
    }

    /// <exception cref="IOException">The stick, at any point: what is named on it is whole.</exception>
    /// <exception cref="StorageException">The outbox cannot be read now.</exception>
    public async Task ExportAsync(ExportSigner signer)
    {
        await outbox.FlushAsync();
        var own = OwnExports.On(layout, signer.Device, signer.Public, signer.Fingerprint, cancellation);
        _old = [.. own.Blobs];
        Plan(own); // 2
        if (_acknowledged || own.Entries > 1 || _parts.Count < own.Parts.Count || (own.Entries > 0 && _parts.Count == 0))
            Publish(signer);
        while (_waiting.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            var (batches, payloads) = Fill(Room()); // 3
            if (batches.Count == 0)
            {
                if (_waiting.Count == 0)
                    break;
                // More important than what is there already? Then that goes first.
                if (!MakeRoom(_waiting.Peek().Class, signer))
                {
                    Result = Result with { Error = CarryOutError.StickFull, Detail = $"{_waiting.Count} batches found no room" };
                    break;
                }

                continue;
            }

            byte[] sealedPart = TelemetryEnvelope.Seal(PartArchive.Write([.. batches.Zip(payloads)]), signer.Recipient);
            var numbers = new BatchNumbers();
            batches.ForEach(b => numbers.Add(b.Epoch, b.Sequence, b.Part));
            _parts.Add(new ExportPart(layout.Add(CarryOutNames.Part, sealedPart), batches.Count, batches.Sum(b => (long)b.Items), batches.Max(b => b.Class), numbers));
            Publish(signer); // 4
            Result = Result with { NewBatches = Result.NewBatches + batches.Count, Batches = Result.Batches + batches.Count, Left = _waiting.Count };
            await outbox.MarkSentAsync(batches);
        }

        Result = Result with { Left = _waiting.Count + _tooLarge };
    }

    /// <summary>An acknowledgement that was taken, on a stick that gets nothing else.</summary>
    public void Tidy()
    {
        if (_acknowledged)
            Publish(null);
    }

    private bool IsAcknowledgement(Descriptor entry) => StickLayout.TagOf(entry) == CarryOutNames.AcknowledgementTag(_device);

    private bool IsExport(Descriptor entry) => StickLayout.TagOf(entry)?.StartsWith(CarryOutNames.ExportsOf(_device), StringComparison.Ordinal) == true;

    /// <summary>(2) Parts with anything in them that still waits stay; what waits and is in none of them is to be written.</summary>
    private void Plan(OwnExports own)
    {
        ExportPart[] there = [.. own.Parts.Where(p => own.Parts.Count < ManyParts || p.Blob.Size > options.PartBytes / 2)];
        bool[] needed = new bool[there.Length];
        long covered = 0;
        foreach (var batch in Pending())
        {
            int at = Array.FindIndex(there, p => p.Numbers.Contains(batch));
            if (at < 0)
            {
                if (PartArchive.Room(batch.Bytes) > PartEnvelope.MaxBytes - PartEnvelope.Overhead - PartArchive.End)
                    _tooLarge++;
                else
                    _waiting.Enqueue(batch);
                continue;
            }

            needed[at] = true;
            covered++;
        }

        _parts.AddRange(there.Where((_, i) => needed[i]));
        Result = Result with { Batches = covered, Bytes = _parts.Sum(p => p.Blob.Size), Left = _waiting.Count };
    }

    private IEnumerable<OutboxBatch> Pending()
    {
        OutboxBatch? after = null;
        while (outbox.Pending(Page, long.MaxValue, after) is { Count: > 0 } page)
        {
            foreach (var batch in page)
                yield return batch;
            after = page[^1];
        }
    }

    /// <summary>(3) The next part: as many as fit, in their order.</summary>
    private (List<OutboxBatch> Batches, List<byte[]> Payloads) Fill(long room)
    {
        var (batches, payloads) = (new List<OutboxBatch>(), new List<byte[]>());
        if (room < LeastPart || _parts.Count >= ExportStatement.MaxParts)
            return (batches, payloads);
        long most = Math.Min(room, PartEnvelope.MaxBytes) - PartEnvelope.Overhead;
        long bytes = PartArchive.End;
        while (_waiting.TryPeek(out var next))
        {
            long size = PartArchive.Room(next.Bytes);
            if (bytes + size > (batches.Count == 0 ? most : Math.Min(most, options.PartBytes)))
                break;
            _waiting.Dequeue();
            // Gone meanwhile: sent, given up, or damaged.
            if (outbox.ReadPayload(next) is not { } payload)
                continue;
            bytes += size;
            batches.Add(next);
            payloads.Add(payload);
        }

        return (batches, payloads);
    }

    /// <summary>Takes the least important part that an earlier visit left away, if it is less important than this.</summary>
    private bool MakeRoom(TelemetryClass kind, ExportSigner signer)
    {
        int at = _parts.FindLastIndex(p => _old.Contains(p.Blob.Digest) && p.Least > kind && p.Least == _parts.Max(q => q.Least));
        if (at < 0)
            return false;
        var part = _parts[at];
        _parts.RemoveAt(at);
        Publish(signer);
        OutboxBatch[] back = [.. Pending().Where(part.Numbers.Contains)];
        Result = Result with { Batches = Result.Batches - back.Length };
        OutboxBatch[] all = [.. _waiting, .. back];
        _waiting.Clear();
        foreach (var batch in all.OrderBy(b => b.Class).ThenBy(b => b.Epoch).ThenBy(b => b.Sequence))
            _waiting.Enqueue(batch);
        return true;
    }

    private long Room() => Math.Min(options.FreeBytes(layout.Path) - Reserve, options.MaxBytes - _parts.Sum(p => p.Blob.Size));

    /// <summary>(4) Names the parts there are, in place of what was named before; then what no longer has a name is deleted.</summary>
    private void Publish(ExportSigner? signer)
    {
        Descriptor[] gone = [.. layout.Entries.Where(e => _acknowledged && IsAcknowledgement(e))];
        var named = new HashSet<Digest>(_parts.Select(p => p.Blob.Digest));
        Descriptor? entry = null;
        if (signer is not null && _parts.Count > 0)
        {
            var statement = signer.Statement(_parts, _waiting.Count, now());
            byte[] signed = statement.Write();
            var config = layout.Add(CarryOutNames.Export, signed);
            var numbers = statement.Numbers;
            var (epoch, first) = numbers.First;
            byte[] manifest = SignedArtifact.Manifest(CarryOutNames.Export, config, [.. _parts.Select(p => p.Blob)], signer.Sign(signed), new Dictionary<string, string>
            {
                [CarryOutNames.Device] = signer.Device,
                [CarryOutNames.Epoch] = epoch.ToString(CultureInfo.InvariantCulture),
                [CarryOutNames.Ranges] = numbers.ToString(),
                [CarryOutNames.Boot] = statement.Moment.BootId,
            });
            entry = layout.Add(MediaTypes.Manifest, manifest) with { Annotations = new Dictionary<string, string> { [AnnotationNames.RefName] = CarryOutNames.ExportTag(signer.Device, epoch, first) } };
            named.Add(config.Digest);
            named.Add(entry.Digest);
        }

        layout.Name(e => gone.Contains(e) || (signer is not null && IsExport(e)), entry);
        foreach (var blob in signer is null ? [] : _old.Where(d => !named.Contains(d)))
            layout.Delete(blob);
        AcknowledgementFile.Delete(layout, gone);
        _acknowledged = false;
        if (signer is null)
            return;
        _old.RemoveWhere(d => !named.Contains(d));
        _old.UnionWith(named.Where(d => _parts.TrueForAll(p => p.Blob.Digest != d)));
        Result = Result with { Bytes = _parts.Sum(p => p.Blob.Size) };
    }
}
