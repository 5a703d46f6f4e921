using System.CommandLine;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Updates;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Engine.Updates.Programs;

namespace EdgeServe.Cli.Programs;

/// <summary><c>edgeserve program trust</c>: root's own copy of whom this box trusts with programs.</summary>
internal static class ProgramTrustVerb
{
    public static Command Create()
    {
        var file = new Argument<string?>("FILE") { Description = "An enrolment file; else the service's enrolment.", Arity = ArgumentArity.ZeroOrOne };
        var replace = new Option<bool>("--replace") { Description = "Take the place of the keys that root trusts now." };
        return new Command("trust", "As root: trust the keys of an enrolment with programs.") { file, replace }.WithConfiguration((parsed, configuration, _) =>
        {
            if (RootProgram.Unavailable(configuration.Options) is { } problem)
                return Task.FromResult(Report.Errors([problem], ExitCodes.Usage));
            try
            {
                var root = new RootProgram(configuration.Options);
                var terms = parsed.GetValue(file) is null && !parsed.GetValue(replace) ? root.Trust.Pin(root.Enrolment) : Given(root, parsed.GetValue(file), parsed.GetValue(replace));
                Console.Out.WriteLine(ProgramAnswers.Of(terms));
                return Task.FromResult(ExitCodes.Ok);
            }
            catch (BundleException e)
            {
                return Task.FromResult(Report.Error(e));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Task.FromResult(Report.Errors([e.Message], ExitCodes.Failed));
            }
        });
    }

    private static UpdateTerms Given(RootProgram root, string? file, bool replace)
    {
        byte[]? content = file is null ? root.Enrolment.Read() : File.ReadAllBytes(file);
        IReadOnlyList<string> errors = ["this box does not belong to a fleet"];
        var terms = (content is null ? null : EnrolmentFile.Read(content, out errors)) ?? throw new BundleException(BundleError.Malformed, $"not an enrolment: {string.Join("; ", errors)}");
        return replace ? root.Trust.Replace(terms) : root.Trust.PinGiven(terms);
    }
}
