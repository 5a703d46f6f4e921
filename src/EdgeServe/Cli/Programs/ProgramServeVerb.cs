using System.CommandLine;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Updates.Programs;
using EdgeServe.Hosting;

namespace EdgeServe.Cli.Programs;

/// <summary>
/// <c>edgeserve program serve</c>: root's helper for programs. One request of the service on standard input, one line of answer: <c>pin</c> copies
/// whom the box trusts, once; <c>install</c> verifies what the service handed over. Nothing else is taken from the service.
/// </summary>
internal static class ProgramServeVerb
{
    private const int LongestRequest = 16;
    private const string LockName = "lock";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create() => new Command("serve", "As root: answer one request of the service.") { Hidden = true }.WithConfiguration(async (_, configuration, cancellation) =>
    {
        if (RootProgram.Unavailable(configuration.Options) is { } problem)
            return Report.Errors([problem], ExitCodes.Usage);
        try
        {
            Console.Out.WriteLine(HelperCall.Yes + await AnswerAsync(configuration.Options, cancellation));
            return ExitCodes.Ok;
        }
        catch (BundleException e)
        {
            Console.Out.WriteLine(e.Message);
            return Report.Error(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            Console.Out.WriteLine(e.Message);
            return Report.Errors([e.Message], ExitCodes.Failed);
        }
    });

    private static async Task<string> AnswerAsync(EdgeServeOptions options, CancellationToken cancellation)
    {
        string request = await RequestAsync(cancellation);
        var root = new RootProgram(options);
        // One at a time; the kernel lets go of it however this ends.
        await using var turn = new FileStream(Path.Combine(root.Place.Directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        switch (request)
        {
            case HelperCall.Pin:
                return ProgramAnswers.Of(root.Trust.Pin(root.Enrolment));
            case HelperCall.Install:
                root.Trust.PinIfNone(root.Enrolment);
                var program = await new ProgramStage(root.Place, root.Trust, InstalledProgram.Read).RunAsync(ImageLayout.Open(root.Data.Program), cancellation);
                return $"{program.Version} is verified and is going to be installed";
            default:
                throw new BundleException(BundleError.Malformed, "no such request");
        }
    }

    private static async Task<string> RequestAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        await using var input = Console.OpenStandardInput();
        byte[] buffer = new byte[LongestRequest];
        int length = 0;
        while (length < buffer.Length && !buffer.AsSpan(0, length).Contains((byte)'\n') && await input.ReadAsync(buffer.AsMemory(length), patience.Token) is > 0 and int read)
            length += read;
        return System.Text.Encoding.ASCII.GetString(buffer, 0, length).TrimEnd('\n');
    }
}
