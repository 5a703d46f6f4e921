using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Tests.Engine.Updates.Enrolment;

public sealed class EnrolmentFileTests
{
    [Fact]
    public void What_is_written_is_read_and_written_again_byte_for_byte()
    {
        foreach (var terms in new[]
        {
            TestKeys.Terms(),
            new EnrolmentTerms("a.b-c_d", "jetson-orin", TestKeys.Signing[..16], 16, "registry.example:5000/clinic/models", TestKeys.Rsa, TestKeys.Signing[16]),
        })
        {
            byte[] file = EnrolmentFile.Write(terms);
            var read = EnrolmentFile.Read(file, out var errors);
            Assert.Empty(errors);
            Assert.Equal(file, EnrolmentFile.Write(read!));
            Assert.Equal((terms.Channel, terms.DeviceClass, terms.Registry, terms.Threshold), (read!.Channel, read.DeviceClass, read.Registry, read.Threshold));
            Assert.Equal(terms.TrustedKeys, read.TrustedKeys);
        }
    }

    [Fact]
    public void A_certificate_may_stand_for_the_telemetry_key()
    {
        using var key = RSA.Create(3072);
        using var certificate = new CertificateRequest("CN=head office", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        Assert.NotNull(EnrolmentFile.Read(EnrolmentFile.Write(TestKeys.Terms() with { TelemetryKey = certificate.ExportCertificatePem() }), out var errors));
        Assert.Empty(errors);
    }

    [Fact]
    public void Every_error_is_said_at_once()
    {
        const string file = """{"type":"x","version":2,"channel":"Bad Name","device_class":"","trusted_keys":["no",7],"threshold":"two","registry":"http://x","telemetry_key":"-","acknowledgement_key":[],"more":1}""";
        Assert.Null(EnrolmentFile.Read(Encoding.UTF8.GetBytes(file), out var errors));
        foreach (string key in new[] { "type:", "version:", "channel:", "device_class:", "trusted_keys[1]:", "threshold:", "registry:", "telemetry_key:", "acknowledgement_key:", "'more':" })
            Assert.Contains(errors, e => e.StartsWith(key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("channel", "\"x\\nINFO forged\"")]
    [InlineData("channel", "\"sha256-0000000000000000000000000000000000000000000000000000000000000000.sig\"")]
    [InlineData("channel", "\"../up\"")]
    [InlineData("registry", "\"registry.example\"")]
    [InlineData("registry", "\"registry.example/models:tag\"")]
    [InlineData("registry", "\"user:pw@registry.example/models\"")]
    [InlineData("threshold", "0")]
    [InlineData("threshold", "3")]
    [InlineData("threshold", "1e99")]
    [InlineData("trusted_keys", "[]")]
    [InlineData("trusted_keys", "{}")]
    [InlineData("version", "0")]
    [InlineData("device_class", "null")]
    public void A_wrong_value_is_refused_by_one_error_on_one_line(string key, string value)
    {
        var file = JsonNode.Parse(EnrolmentFile.Write(TestKeys.Terms()))!.AsObject();
        file[key] = JsonNode.Parse(value);
        Assert.Null(EnrolmentFile.Read(Encoding.UTF8.GetBytes(file.ToJsonString()), out var errors));
        string error = Assert.Single(errors);
        Assert.Contains(key, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public void A_key_that_is_none_of_its_kind_is_refused_in_words()
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Said(TestKeys.Terms() with { TrustedKeys = [pair.ExportPkcs8PrivateKeyPem()], Threshold = 1 }, "private key");
        Said(TestKeys.Terms() with { TrustedKeys = [TestKeys.OtherCurve], Threshold = 1 }, "another curve");
        Said(TestKeys.Terms() with { TrustedKeys = [TestKeys.Rsa], Threshold = 1 }, "not an ECDSA");
        Said(TestKeys.Terms() with { TrustedKeys = [TestKeys.Signing[0], TestKeys.Signing[0].Replace("\n", "\r\n", StringComparison.Ordinal)] }, "stands twice");
        Said(TestKeys.Terms() with { TrustedKeys = TestKeys.Signing }, "1 to 16");
        Said(TestKeys.Terms() with { TrustedKeys = [TestKeys.Signing[0] + "\n" + TestKeys.Signing[1]], Threshold = 1 }, "one block");
        Said(TestKeys.Terms() with { TelemetryKey = TestKeys.ShortRsa }, "3072");
        Said(TestKeys.Terms() with { TelemetryKey = TestKeys.Signing[2] }, "RSA");

        static void Said(EnrolmentTerms terms, string word)
        {
            Assert.Null(EnrolmentFile.Read(EnrolmentFile.Write(terms), out var errors));
            Assert.Contains(word, Assert.Single(errors), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_key_that_stands_twice_and_a_file_that_is_none_are_refused()
    {
        string good = Encoding.UTF8.GetString(EnrolmentFile.Write(TestKeys.Terms()));
        Assert.Null(EnrolmentFile.Read(Encoding.UTF8.GetBytes(good.Replace("\"threshold\"", "\"threshold\": 1, \"threshold\"", StringComparison.Ordinal)), out var errors));
        Assert.Contains("stands twice", Assert.Single(errors), StringComparison.Ordinal);
        foreach (string bad in new[] { "", "[]", "null", "{", good + "x", new string('[', 100_000), "{\"channel\":\"\\ud800\"}", new string(' ', EnrolmentFile.MaxBytes + 1) })
        {
            Assert.Null(EnrolmentFile.Read(Encoding.UTF8.GetBytes(bad), out errors));
            Assert.NotEmpty(errors);
        }
    }

    [Fact]
    public void A_damaged_file_is_refused_or_reads_as_a_file_that_follows_the_rules()
    {
        byte[] good = EnrolmentFile.Write(TestKeys.Terms() with { Registry = "r.example/m", TelemetryKey = TestKeys.Rsa });
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            byte[] bad = [.. good];
            bad[at] = value;
            if (EnrolmentFile.Read(bad, out var errors) is { } terms)
                Assert.Empty(EnrolmentErrors.Of(terms));
            else
                Assert.NotEmpty(errors);
        }, iter: 2000);
    }
}
