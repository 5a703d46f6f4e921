using System.Security.Cryptography;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Tests.Engine.Updates.Enrolment;

/// <summary>Keys made for one test run.</summary>
internal static class TestKeys
{
    public static string[] Signing { get; } = [.. Enumerable.Range(0, 17).Select(_ => Public(ECCurve.NamedCurves.nistP256))];

    public static string OtherCurve { get; } = Public(ECCurve.NamedCurves.nistP384);

    public static string Rsa { get; } = RsaPublic(3072);

    public static string ShortRsa { get; } = RsaPublic(2048);

    public static EnrolmentTerms Terms(string channel = "clinic") => new(channel, "pi5", [Signing[0], Signing[1]], 2);

    private static string Public(ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        return key.ExportSubjectPublicKeyInfoPem();
    }

    private static string RsaPublic(int bits)
    {
        using var key = RSA.Create(bits);
        return key.ExportSubjectPublicKeyInfoPem();
    }
}
