using System.CommandLine;

namespace EdgeServe.Cli.Jobs;

/// <summary><c>edgeserve job list</c>: newest first.</summary>
internal static class JobListVerb
{
    public static Command Create()
    {
        var state = new Option<string?>("--state") { Description = "Only jobs in this state.", HelpName = "S" };
        var model = new Option<string?>("--model") { Description = "Only jobs of this model.", HelpName = "M" };
        var limit = new Option<int?>("--limit") { Description = "At most so many.", HelpName = "N" };
        var cursor = new Option<string?>("--cursor") { Description = "Where the page before ended.", HelpName = "C" };
        var json = ConfiguredVerb.JsonOption();
        return new Command("list", "List jobs, newest first.") { state, model, limit, cursor, json }.WithService(async (parsed, service, cancellation) =>
        {
            var query = new List<string>();
            void Add(string name, object? value)
            {
                if (value is not null)
                    query.Add($"{name}={Uri.EscapeDataString(value.ToString()!)}");
            }

            Add("state", parsed.GetValue(state));
            Add("model", parsed.GetValue(model));
            Add("limit", parsed.GetValue(limit));
            Add("cursor", parsed.GetValue(cursor));
            JobPrinter.Print(await service.ReadAsync(HttpMethod.Get, "/edge/v1/jobs?" + string.Join('&', query), CliJson.Wire.JobListBody, cancellation), parsed.GetValue(json));
            return ExitCodes.Ok;
        });
    }
}
