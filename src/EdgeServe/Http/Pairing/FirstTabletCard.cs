using System.Security.Cryptography;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Sticks;
using EdgeServe.Hosting;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;
using EdgeServe.Security.Tls;
using Microsoft.Extensions.Options;

namespace EdgeServe.Http.Pairing;

/// <summary>The setup card on the stick that enrolled the box: for a key of scope admin, since somebody must make the others.</summary>
internal sealed class FirstTabletCard(PairingDesk desk, ServerCertificates certificates, IOptions<EdgeServeOptions> options) : IFirstTabletCard
{
    private const string By = "enrolling stick";

    public byte[]? Write(out string why)
    {
        try
        {
            var links = SetupCard.Links(options.Value, null);
            string? fingerprint = certificates.EnsureAuthority()?.Fingerprint;
            if (desk.FirstSetup(Scope.Admin, By) is not { } code)
            {
                why = "this box has, or had, a key or a setup card";
                return null;
            }

            why = "";
            return SetupCard.Write(options.Value, links, fingerprint, code, Scope.Admin);
        }
        catch (Exception e) when (e is PairingException or StorageException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            why = e.Message;
            return null;
        }
    }

    public void TakeBack()
    {
        try
        {
            desk.CancelSetup(By);
        }
        catch (StorageException)
        {
            // Nobody has seen that code, and 92 bits are not guessed in five tries.
        }
    }
}
