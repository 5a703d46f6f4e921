using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeServe.Engine.Inference;
using EdgeServe.Hosting;
using Spectre.Console;

namespace EdgeServe.Cli.Bench;

/// <summary><c>edgeserve bench MODEL</c>: load on a running server, or on one started for it; bounded in time and count.</summary>
internal static class BenchVerb
{
    private const int MostConnections = 1024;
    private const int MostSeconds = 600;
    private static readonly string[] Protocols = ["http-binary", "http-json", "grpc"];

    private static readonly Argument<string> Model = new("model") { Description = "Model name." };
    private static readonly Option<string> Url = new("--url") { Description = "HTTP address of a running server; none: start one.", HelpName = "URL" };
    private static readonly Option<string> GrpcUrl = new("--grpc-url") { Description = "gRPC address of the running server.", HelpName = "URL" };
    private static readonly Option<string> KeyFile = new("--key-file") { Description = "File with the key to send to the running server.", HelpName = "FILE" };
    private static readonly Option<string> Authority = new("--cacert") { Description = "PEM file with the only root to trust of the running server.", HelpName = "FILE" };
    private static readonly Option<string> Connections = new("--connections") { Description = "Connections, one measurement each.", HelpName = "N,N", DefaultValueFactory = _ => "1,8,32" };
    private static readonly Option<string> Protocol = new("--protocol") { Description = "http-binary, http-json, grpc; one measurement each.", HelpName = "P,P", DefaultValueFactory = _ => string.Join(',', Protocols) };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "Length of a measurement.", DefaultValueFactory = _ => 3 };
    private static readonly Option<long> Requests = new("--requests") { Description = "Most requests of a measurement.", DefaultValueFactory = _ => 1_000_000 };
    private static readonly Option<double> Rate = new("--rate") { Description = "Requests a second, sent whether answers come or not; 0: as fast as answers come." };
    private static readonly Option<string[]> Shapes = new("--shape") { Description = "Shape of an input, such as x=1,3,48,320.", HelpName = "INPUT=DIMS", DefaultValueFactory = _ => [] };

    public static Command Create()
    {
        var json = ConfiguredVerb.JsonOption();
        var command = new Command("bench", "Measure throughput and latency of a model.") { Model, Url, GrpcUrl, KeyFile, Authority, Connections, Protocol, Seconds, Requests, Rate, Shapes, json };
        return command.WithConfiguration(async (parsed, configuration, cancellation) =>
        {
            try
            {
                return await RunAsync(parsed, configuration.Options, parsed.GetValue(json), cancellation);
            }
            catch (ServingException e)
            {
                return Report.Errors([e.Message], ExitCodes.Usage);
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                return Report.Errors([e.Message], ExitCodes.Failed);
            }
        });
    }

    private static async Task<int> RunAsync(ParseResult parsed, EdgeServeOptions options, bool json, CancellationToken cancellation)
    {
        var connections = Numbers("--connections", parsed.GetValue(Connections)!, MostConnections);
        string[] protocols = parsed.GetValue(Protocol)!.Split(',', StringSplitOptions.TrimEntries);
        if (protocols.FirstOrDefault(p => !Protocols.Contains(p)) is { } unknown)
            throw ServingException.Invalid($"--protocol: '{unknown}' is not one of {string.Join(", ", Protocols)}");
        double seconds = Math.Clamp(parsed.GetValue(Seconds), 0.1, MostSeconds);
        var limits = new LoadLimits(TimeSpan.FromSeconds(seconds), Math.Max(1, parsed.GetValue(Requests)), Math.Max(0, parsed.GetValue(Rate)));
        var shapes = parsed.GetValue(Shapes)!.ToDictionary(s => s.Split('=')[0], s => Numbers("--shape", s.Split('=', 2)[^1], int.MaxValue).Select(n => (long)n).ToArray());
        using var server = Open(parsed, options);
        var rows = new List<BenchRow>();
        await Terminal.Progress.Status().StartAsync("Starting", async status =>
        {
            await server.WaitUntilReadyAsync(cancellation);
            string model = parsed.GetValue(Model)!;
            var request = BenchRequest.Create(await server.MetadataAsync(model, cancellation), shapes);
            foreach (string protocol in protocols)
            {
                foreach (int count in connections)
                {
                    status.Status($"{model.EscapeMarkup()} {protocol}, {count} connections ({seconds:F0} s)");
                    rows.Add(await MeasureAsync(server, model, request, protocol, count, limits, cancellation));
                }
            }
        });
        Print(rows, json);
        return rows.Exists(r => r.Failed > 0) ? ExitCodes.Failed : ExitCodes.Ok;
    }

    private static BenchServer Open(ParseResult parsed, EdgeServeOptions options)
    {
        if (parsed.GetValue(Url) is not { } url)
            return ConfiguredVerb.MissingModels(options) is { } missing ? throw ServingException.Invalid(missing) : BenchServer.Start(options);
        string grpc = parsed.GetValue(GrpcUrl) ?? ServerOptions.DefaultGrpcUrls;
        return Uri.TryCreate(url, UriKind.Absolute, out var http) && Uri.TryCreate(grpc, UriKind.Absolute, out var grpcUri)
            ? BenchServer.Running(http, grpcUri, Access(parsed))
            : throw ServingException.Invalid("--url and --grpc-url take an address like http://127.0.0.1:8000");
    }

    private static LoadAccess Access(ParseResult parsed)
    {
        try
        {
            return new LoadAccess(
                parsed.GetValue(KeyFile) is { } file ? File.ReadAllText(file).Trim() : null,
                parsed.GetValue(Authority) is { } authority ? X509CertificateLoader.LoadCertificateFromFile(authority) : null);
        }
        catch (CryptographicException e)
        {
            throw ServingException.Invalid($"--cacert: {parsed.GetValue(Authority)} holds no certificate ({e.Message})");
        }
    }

    private static async Task<BenchRow> MeasureAsync(
        BenchServer server, string model, BenchRequest request, string protocol, int connections, LoadLimits limits, CancellationToken cancellation)
    {
        string path = $"/v2/models/{Uri.EscapeDataString(model)}/infer";
        byte[] http = protocol == "http-json"
            ? HttpLoadConnection.Request(server.Http, server.Access, path, request.Json, null)
            : HttpLoadConnection.Request(server.Http, server.Access, path, request.Binary, request.HeaderLength);
        Func<ILoadConnection> connect = protocol == "grpc"
            ? () => new GrpcLoadConnection(server.Grpc, server.Access, request.Message)
            : () => new HttpLoadConnection(server.Http, server.Access, http);
        var before = await server.StatisticsAsync(model, cancellation);
        var result = await new LoadRun(limits).RunAsync(connections, connect, cancellation);
        var after = await server.StatisticsAsync(model, cancellation);
        return new BenchRow(model, protocol, connections, result.Latencies.Length, result.Failed, result.PerSecond,
            result.Milliseconds(0.5), result.Milliseconds(0.95), result.Milliseconds(0.99),
            Mean(before?.Queue, after?.Queue), Mean(before?.ComputeInfer, after?.ComputeInfer));
    }

    private static double? Mean(Http.DurationBody? before, Http.DurationBody? after) =>
        before is null || after is null || after.Count == before.Count ? null : (after.Ns - before.Ns) / (double)(after.Count - before.Count) / 1e6;

    private static int[] Numbers(string option, string text, int most)
    {
        var numbers = text.Split(',', StringSplitOptions.TrimEntries);
        return Array.ConvertAll(numbers, n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 && number <= most
            ? number
            : throw ServingException.Invalid($"{option}: '{n}' is not a whole number from 1 to {most}"));
    }

    private static void Print(List<BenchRow> rows, bool json)
    {
        if (json)
        {
            CliJson.Print([.. rows], CliJson.Indented.BenchRowArray);
            return;
        }

        var table = Terminal.Table("Model", "Protocol", "Connections", "Requests/s", "p50 ms", "p95 ms", "p99 ms", "Queue ms", "Compute ms", "Failed");
        static string F(double? v) => v is { } number ? number.ToString("F3", CultureInfo.InvariantCulture) : "-";
        foreach (var r in rows)
        {
            table.AddText(r.Model, r.Protocol, r.Connections.ToString(), r.PerSecond.ToString("F0", CultureInfo.InvariantCulture),
                F(r.P50Milliseconds), F(r.P95Milliseconds), F(r.P99Milliseconds), F(r.QueueMilliseconds), F(r.ComputeMilliseconds), r.Failed.ToString());
        }

        Terminal.Output.Write(table);
    }
}
