using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Signing;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>An acknowledgement in a layout: a manifest without layers whose config is the signed statement, tagged with the device.</summary>
internal static class AcknowledgementFile
{
    /// <exception cref="CarryOutException"><see cref="CarryOutError.AcknowledgementRefused"/> and others: it says nothing then.</exception>
    public static Acknowledgement Read(StickLayout layout, Descriptor entry, string device, TrustedKey key)
    {
        try
        {
            if (layout.Read(entry, ContentLimits.ManifestBytes) is not { } content)
                throw Refused("it is damaged");
            var manifest = ManifestJson.ReadManifest(content);
            if (layout.Read(manifest.Config, Acknowledgement.MaxBytes) is not { } signed)
                throw Refused("its statement is missing or damaged");
            if (SignedArtifact.SignatureOf(manifest) is not { } signature || !key.Verifies(signed, signature))
                throw Refused("it is not signed by head office's key");
            var read = Acknowledgement.Read(signed);
            return read.Device == device ? read : throw Refused("it is for another device");
        }
        catch (BundleException e)
        {
            throw Refused(e.Message);
        }
    }

    /// <summary>Puts it into a layout, with what an earlier one there says for the same device by the same key.</summary>
    public static void Write(StickLayout layout, Acknowledgement acknowledgement, SigningKey key)
    {
        string tag = CarryOutNames.AcknowledgementTag(acknowledgement.Device);
        Descriptor[] earlier = [.. layout.Entries.Where(e => StickLayout.TagOf(e) == tag)];
        var numbers = new BatchNumbers();
        numbers.Add(acknowledgement.Numbers);
        foreach (var entry in earlier)
        {
            try
            {
                numbers.Add(Read(layout, entry, acknowledgement.Device, key.Public).Numbers);
            }
            catch (CarryOutException)
            {
                // Not by this key: it is replaced.
            }
        }

        byte[] signed = (acknowledgement with { Numbers = numbers }).Write();
        if (signed.Length > Acknowledgement.MaxBytes)
            signed = acknowledgement.Write();
        var config = layout.Add(CarryOutNames.Acknowledgement, signed);
        var manifest = layout.Add(MediaTypes.Manifest, SignedArtifact.Manifest(
            CarryOutNames.Acknowledgement, config, [], key.Sign(signed), new Dictionary<string, string> { [CarryOutNames.Device] = acknowledgement.Device, [CarryOutNames.Ranges] = numbers.ToString() }));
        Descriptor[] gone = [.. earlier.Where(e => e.Digest != manifest.Digest)];
        var old = Blobs(layout, gone);
        layout.Name(earlier.Contains, manifest with { Annotations = new Dictionary<string, string> { [AnnotationNames.RefName] = tag } });
        foreach (var blob in old.Where(d => d != config.Digest && d != manifest.Digest))
            layout.Delete(blob);
    }

    /// <summary>Deletes what entries are made of that no longer have a name.</summary>
    public static void Delete(StickLayout layout, IReadOnlyList<Descriptor> gone)
    {
        foreach (var blob in Blobs(layout, gone))
            layout.Delete(blob);
    }

    private static List<Digest> Blobs(StickLayout layout, IReadOnlyList<Descriptor> entries)
    {
        var blobs = new List<Digest>();
        foreach (var entry in entries.Where(e => !layout.Entries.Any(o => o.Digest == e.Digest && StickLayout.TagOf(o) != StickLayout.TagOf(e))))
        {
            if (layout.Read(entry, ContentLimits.ManifestBytes) is not { } content)
                continue;
            try
            {
                var manifest = ManifestJson.ReadManifest(content);
                // Only what is nothing else: a manifest that names another's blobs as its own takes none of them along.
                if (manifest.ArtifactType != CarryOutNames.Acknowledgement || manifest.Config.MediaType != CarryOutNames.Acknowledgement || layout.Read(manifest.Config, Acknowledgement.MaxBytes) is not { } signed)
                    continue;
                Acknowledgement.Read(signed);
                blobs.Add(entry.Digest);
                blobs.Add(manifest.Config.Digest);
            }
            catch (Exception e) when (e is BundleException or CarryOutException)
            {
                // Left where it is.
            }
        }

        return blobs;
    }

    private static CarryOutException Refused(string why) =>
        new(CarryOutError.AcknowledgementRefused, $"the acknowledgement is refused: {why}", "Ask head office for another: edgeserve outbox acknowledge.");
}
