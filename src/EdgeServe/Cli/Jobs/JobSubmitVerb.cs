using System.CommandLine;
using System.Globalization;
using EdgeServe.Engine.Jobs;
using EdgeServe.Http.Jobs;
using EdgeServe.Http.Oip;

namespace EdgeServe.Cli.Jobs;

/// <summary><c>edgeserve job submit</c>: a file that holds an inference request becomes a job.</summary>
internal static class JobSubmitVerb
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "An inference request: JSON, or a JSON header and binary tensors; - reads standard input." };
        var model = new Option<string>("--model") { Description = "Name of the model.", Required = true, HelpName = "M" };
        var version = new Option<long?>("--model-version") { Description = "Version of the model instead of the one that serves.", HelpName = "N" };
        var header = new Option<long?>("--header-length") { Description = "Bytes of the JSON header in front of binary tensors; 0: the file is the only input.", HelpName = "N" };
        var key = new Option<string?>("--key") { Description = "Idempotency-Key: the same key and file are the same job.", HelpName = "K" };
        var priority = new Option<int?>("--priority") { Description = "1, the highest, to 9.", HelpName = "P" };
        var notAfter = new Option<double?>("--not-after") { Description = "Seconds after which the answer is of no use.", HelpName = "S" };
        var wait = new Option<bool>("--wait") { Description = "Wait until it is done and print the result." };
        var output = new Option<string?>("--output") { Description = "File for the result of --wait.", HelpName = "FILE" };
        var json = ConfiguredVerb.JsonOption();
        key.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !JobHeaders.IsKey(text))
                result.AddError($"--key must be 1 to {JobSubmission.MostKeyCharacters} printable ASCII characters");
        });
        return new Command("submit", "Hand a request over. It is kept through power cuts from then on.") { file, model, version, header, key, priority, notAfter, wait, output, json }
            .WithService(async (parsed, service, cancellation) =>
            {
                string path = $"/edge/v1/models/{Uri.EscapeDataString(parsed.GetValue(model)!)}{(parsed.GetValue(version) is { } v ? $"/versions/{v}" : "")}/jobs";
                await using var source = parsed.GetValue(file) == "-" ? Console.OpenStandardInput() : File.OpenRead(parsed.GetValue(file)!);
                var job = await service.ReadAsync(HttpMethod.Post, path, CliJson.Wire.JobBody, cancellation, new StreamContent(source), headers =>
                {
                    void Add(string name, IFormattable? value)
                    {
                        if (value is not null)
                            headers.Add(name, value.ToString(null, CultureInfo.InvariantCulture));
                    }

                    Add(InferBody.HeaderLengthName, parsed.GetValue(header));
                    Add(JobHeaders.Priority, parsed.GetValue(priority));
                    Add(JobHeaders.NotAfter, parsed.GetValue(notAfter));
                    if (parsed.GetValue(key) is { } chosen)
                        headers.Add(JobHeaders.IdempotencyKey, chosen);
                });
                if (!parsed.GetValue(wait))
                {
                    JobPrinter.Print(job, parsed.GetValue(json));
                    return ExitCodes.Ok;
                }

                return await FinishAsync(service, await JobWaiting.WaitAsync(service, job.Id, cancellation), parsed.GetValue(output), cancellation);
            });
    }

    private static async Task<int> FinishAsync(Service service, JobBody job, string? output, CancellationToken cancellation)
    {
        if (job.State != "succeeded")
            return Report.Errors([$"job {job.Id} {job.State}{(job.Failure is null ? "" : $": {job.Failure.Error}")}"], ExitCodes.Failed);
        await JobWaiting.SaveResultAsync(service, job.Id, output, cancellation);
        return ExitCodes.Ok;
    }
}
