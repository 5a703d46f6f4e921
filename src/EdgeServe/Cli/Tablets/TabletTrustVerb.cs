using System.CommandLine;
using EdgeServe.Engine.Storage;
using EdgeServe.Security.Tls;

namespace EdgeServe.Cli.Tablets;

/// <summary><c>edgeserve tablet trust</c>: the fingerprint that a tablet's must match, and the certificate itself.</summary>
internal static class TabletTrustVerb
{
    public static Command Create()
    {
        var file = new Option<string?>("--out") { Description = "Write the certificate there, as PEM.", HelpName = "FILE" };
        return new Command("trust", "Show the fingerprint of this box's authority.") { file }.WithConfiguration((parsed, configuration, _) =>
        {
            try
            {
                using var authority = BoxAuthority.Read(new DataDirectory(configuration.Options.Server.DataDirectory).Device);
                if (authority is null)
                    return Task.FromResult(Report.Errors(["this box has no authority yet (it makes one when it is started with Server:LanUrls set)"], ExitCodes.Failed));
                Console.Out.WriteLine(authority.Fingerprint);
                if (parsed.GetValue(file) is { } path)
                    File.WriteAllText(path, authority.Certificate.ExportCertificatePem() + "\n");
                return Task.FromResult(ExitCodes.Ok);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Task.FromResult(Report.Errors([$"{e.Message} Run it as the service's user."], ExitCodes.Failed));
            }
        });
    }
}
