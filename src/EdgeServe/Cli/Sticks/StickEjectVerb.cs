using System.CommandLine;

namespace EdgeServe.Cli.Sticks;

/// <summary><c>edgeserve stick eject</c>: what the button does.</summary>
internal static class StickEjectVerb
{
    public static Command Create() => new Command("eject", "Let go of every stick; what still copies stops and goes on when it is plugged in again.").WithService(async (_, service, cancellation) =>
    {
        var body = await service.ReadAsync(HttpMethod.Post, "/edge/v1/media/eject", CliJson.Wire.EjectedMediaBody, cancellation);
        foreach (string name in body.Ejected)
            Console.Out.WriteLine($"{name}: you can pull it out.");
        if (body.Ejected.Length + body.Problems.Length == 0)
            Console.Out.WriteLine("Nothing is plugged in.");
        return body.Problems.Length == 0 ? ExitCodes.Ok : Report.Errors(body.Problems, ExitCodes.Failed);
    });
}
