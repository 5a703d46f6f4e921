using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Signing;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>What this device put on a stick before: found by its tags, believed only under its own key, and only parts whose bytes are still those.</summary>
internal sealed class OwnExports
{
    private readonly List<Digest> _blobs = [];

    private OwnExports(string device) => Device = device;

    public string Device { get; }

    /// <summary>Whole parts for the same recipient, most important first.</summary>
    public List<ExportPart> Parts { get; } = [];

    /// <summary>Entries that carry one of our tags.</summary>
    public int Entries { get; private set; }

    /// <summary>Everything that earlier exports are made of.</summary>
    public IReadOnlyList<Digest> Blobs => _blobs;

    public static OwnExports On(StickLayout layout, string device, TrustedKey key, string recipient, CancellationToken cancellation)
    {
        var own = new OwnExports(device);
        foreach (var entry in layout.Entries.Where(e => own.Is(e)))
        {
            cancellation.ThrowIfCancellationRequested();
            own.Entries++;
            own.Take(layout, entry, key, recipient, cancellation);
        }

        return own;
    }

    /// <summary>Does an entry carry one of our tags?</summary>
    public bool Is(Descriptor entry) => StickLayout.TagOf(entry)?.StartsWith(CarryOutNames.ExportsOf(Device), StringComparison.Ordinal) == true;

    private void Take(StickLayout layout, Descriptor entry, TrustedKey key, string recipient, CancellationToken cancellation)
    {
        // Somebody gave it a second name: theirs to delete.
        if (layout.Entries.Any(e => e.Digest == entry.Digest && !Is(e)) || layout.Read(entry, ContentLimits.ManifestBytes) is not { } content)
            return;
        try
        {
            var manifest = ManifestJson.ReadManifest(content);
            if (layout.Read(manifest.Config, ExportStatement.MaxBytes) is not { } signed || SignedArtifact.SignatureOf(manifest) is not { } signature || !key.Verifies(signed, signature))
                return;
            var statement = ExportStatement.Read(signed);
            _blobs.Add(entry.Digest);
            _blobs.Add(manifest.Config.Digest);
            foreach (var part in statement.Parts)
            {
                cancellation.ThrowIfCancellationRequested();
                _blobs.Add(part.Blob.Digest);
                // Read through: a part that went bad on the stick would be refused at head office for ever.
                if (statement.Recipient == recipient && statement.Device == Device && layout.Read(part.Blob, PartEnvelope.MaxBytes) is not null)
                    Parts.Add(part);
            }
        }
        catch (Exception e) when (e is BundleException or CarryOutException)
        {
            // Not ours after all.
        }
    }
}
