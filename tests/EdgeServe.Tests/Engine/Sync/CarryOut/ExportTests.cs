using System.Security.Cryptography;
using System.Text;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Sync.CarryOut;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Tests.Engine.Sync.CarryOut;

/// <summary>Head office's side: what is believed.</summary>
public sealed class ExportTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_part_with_a_bit_turned_one_cut_off_and_one_that_is_gone_are_refused()
    {
        await using var box = await CarriedAsync();
        var export = await box.ExportAsync("a");
        var part = export.Statement.Parts[0];
        string file = box.Blob("a", part.Blob.Digest);
        byte[] content = await File.ReadAllBytesAsync(file, Stop);
        foreach (int at in new[] { 0, content.Length / 2, content.Length - 1 })
        {
            byte[] bent = [.. content];
            bent[at] ^= 1;
            await File.WriteAllBytesAsync(file, bent, Stop);
            Assert.Equal(CarryOutError.Tampered, await RefusedAsync(() => export.OpenAsync(part, CarryBox.OfficeKey, Stop)));
        }

        await File.WriteAllBytesAsync(file, content[..^1], Stop);
        Assert.Equal(CarryOutError.Truncated, await RefusedAsync(() => export.OpenAsync(part, CarryBox.OfficeKey, Stop)));
        File.Delete(file);
        Assert.Equal(CarryOutError.Truncated, await RefusedAsync(() => export.OpenAsync(part, CarryBox.OfficeKey, Stop)));
    }

    [Fact]
    public async Task Another_key_opens_nothing_and_says_which_one_would()
    {
        await using var box = await CarriedAsync();
        var export = await box.ExportAsync("a");
        using var other = RSA.Create(3072);
        Assert.Equal(CarryOutError.WrongKey, await RefusedAsync(() => export.OpenAsync(export.Statement.Parts[0], other, Stop)));
        byte[] part = await export.SealedAsync(export.Statement.Parts[0], Stop);
        Assert.Equal(CarryOutError.WrongKey, Assert.Throws<CarryOutException>(() => PartEnvelope.Open(part, other)).Error);
    }

    [Theory]
    [InlineData("statement", nameof(CarryOutError.SignatureWrong))]
    [InlineData("signature", nameof(CarryOutError.SignatureWrong))]
    [InlineData("no signature", nameof(CarryOutError.SignatureWrong))]
    [InlineData("layer left out", nameof(CarryOutError.Tampered))]
    [InlineData("layer of another", nameof(CarryOutError.Tampered))]
    [InlineData("not json", nameof(CarryOutError.Malformed))]
    [InlineData("no export", nameof(CarryOutError.NotFound))]
    public async Task A_statement_that_is_not_as_it_was_signed_is_refused(string how, string error)
    {
        await using var box = await CarriedAsync();
        var layout = ImageLayout.Open(box.Layout("a"));
        string tag = box.Tags("a").Single();
        var fetched = (await layout.ResolveAsync(tag, null, Stop))!;
        var manifest = ManifestJson.ReadManifest(fetched.Content);
        byte[] statement = await File.ReadAllBytesAsync(box.Blob("a", manifest.Config.Digest), Stop);
        using var stick = new StickLayout(FolderHandle.Open(box.Layout("a"))!, "test");
        var annotations = new Dictionary<string, string>(manifest.Annotations);
        switch (how)
        {
            case "statement":
                manifest = manifest with { Config = stick.Add(CarryOutNames.Export, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(statement).Replace("\"left\":0", "\"left\":1", StringComparison.Ordinal))) };
                break;
            case "signature":
                byte[] signature = Convert.FromBase64String(annotations[CarryOutNames.Signature]);
                signature[^1] ^= 1;
                annotations[CarryOutNames.Signature] = Convert.ToBase64String(signature);
                break;
            case "no signature":
                annotations.Remove(CarryOutNames.Signature);
                break;
            case "layer left out":
                manifest = manifest with { Layers = [] };
                break;
            case "layer of another":
                manifest = manifest with { Layers = [stick.Add(CarryOutNames.Part, [1, 2, 3])] };
                break;
            case "not json":
                manifest = manifest with { Config = stick.Add(CarryOutNames.Export, "{}"u8.ToArray()) };
                break;
            default:
                manifest = manifest with { Config = stick.Add(MediaTypes.ImageConfig, "{}"u8.ToArray()) };
                break;
        }

        byte[] bent = ManifestJson.Write(manifest with { Annotations = annotations });
        Assert.Equal(error, (await RefusedAsync(() => Export.ReadAsync(layout, new FetchedManifest(MediaTypes.Manifest, Digest.Of(bent), bent), Stop))).ToString());
    }

    [Fact]
    public async Task A_device_is_pinned_when_it_is_met_and_another_key_under_its_name_is_refused_from_then_on()
    {
        await using var box = await CarriedAsync();
        await using var pretender = await CarriedAsync();
        var export = await box.ExportAsync("a");
        string file = box["devices.json"];
        Assert.Equal(CarryOutError.UnknownDevice, Assert.Throws<CarryOutException>(() => KnownDevices.Read(file).Check(export, onlyKnown: true)).Error);
        var known = KnownDevices.Read(file);
        Assert.True(known.Check(export, onlyKnown: false));
        known.Save();
        known = KnownDevices.Read(file);
        Assert.False(known.Check(export, onlyKnown: true));
        // Its own signature, another's name.
        await File.WriteAllBytesAsync(file, Encoding.UTF8.GetBytes((await File.ReadAllTextAsync(file, Stop)).Replace(box.Identity.Id, pretender.Identity.Id, StringComparison.Ordinal)), Stop);
        Assert.Equal(CarryOutError.ForeignDevice, Assert.Throws<CarryOutException>(() => KnownDevices.Read(file).Check(pretender.ExportAsync("a").Result, onlyKnown: false)).Error);
        await File.WriteAllTextAsync(file, "{}", Stop);
        Assert.Equal(CarryOutError.KeyUnusable, Assert.Throws<CarryOutException>(() => KnownDevices.Read(file)).Error);
    }

    [Fact]
    public void Parts_of_every_size_come_back_as_they_were_and_a_certificate_will_do_for_a_key()
    {
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=office", CarryBox.OfficeKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var issued = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1));
        foreach (string pem in new[] { CarryBox.OfficeKey.ExportSubjectPublicKeyInfoPem(), issued.ExportCertificatePem() })
        {
            using var recipient = TelemetryEnvelope.Recipient(pem);
            foreach (int length in new[] { 1, 15, 16, 17, 100_000, PartEnvelope.MaxBytes - PartEnvelope.Overhead })
            {
                byte[] content = RandomNumberGenerator.GetBytes(length);
                byte[] part = TelemetryEnvelope.Seal(content, recipient);
                Assert.InRange(part.Length, length + 1, length + PartEnvelope.Overhead);
                Assert.Equal(content, PartEnvelope.Open(part, CarryBox.OfficeKey));
            }
        }
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("log/1-2.logs.pb")]
    [InlineData("log/1-2.1of2..logs.pb.gz")]
    [InlineData("alarm/../1-2.logs.pb.gz")]
    [InlineData("other/1-2.logs.pb.gz")]
    public void An_archive_with_another_name_in_it_is_refused(string name)
    {
        using var memory = new MemoryStream();
        using (var tar = new System.Formats.Tar.TarWriter(memory, System.Formats.Tar.TarEntryFormat.Ustar, leaveOpen: true))
            tar.WriteEntry(new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1]) });
        Assert.Equal(CarryOutError.Malformed, Assert.Throws<CarryOutException>(() => PartArchive.Read(memory.ToArray())).Error);
    }

    private static async Task<CarryBox> CarriedAsync()
    {
        var box = new CarryBox();
        await box.FillAsync();
        await box.VisitAsync("a");
        return box;
    }

    private static async Task<CarryOutError> RefusedAsync(Func<Task> action) => (await Assert.ThrowsAsync<CarryOutException>(action)).Error;
}
