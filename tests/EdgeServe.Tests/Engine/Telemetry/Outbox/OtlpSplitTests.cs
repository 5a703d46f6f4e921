using CsCheck;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.TestCollector.Otlp;
using Google.Protobuf;

namespace EdgeServe.Tests.Engine.Telemetry.Outbox;

public sealed class OtlpSplitTests
{
    private static readonly Gen<ExportMetricsRequest> Requests = Gen.Int[0, 6].Array[0, 4].Array[0, 4].Select(resources =>
    {
        int number = 0;
        var request = new ExportMetricsRequest();
        foreach (int[] scopes in resources)
        {
            var items = new ResourceMetrics { Resource = new Resource(), SchemaUrl = "r" };
            foreach (int metrics in scopes)
            {
                var scope = new ScopeMetrics { Scope = new Scope { Name = "scope" } };
                for (int i = 0; i < metrics; i++)
                    scope.Metrics.Add(new Metric { Name = $"m{number++}", Gauge = new Gauge() });
                items.ScopeMetrics.Add(scope);
            }

            request.ResourceMetrics.Add(items);
        }

        return request;
    });

    [Fact]
    public void Halving_to_the_end_gives_every_item_once_in_order() => Requests.Sample(request =>
    {
        byte[] whole = request.ToByteArray();
        var names = request.ResourceMetrics.SelectMany(r => r.ScopeMetrics).SelectMany(s => s.Metrics).Select(m => m.Name).ToArray();
        Assert.Equal(names.Length, OtlpSplit.Count(whole));
        Assert.Equal(names, Singles(new OutboxPiece(names.Length, whole)));
    }, iter: 300);

    [Fact]
    public void One_item_and_what_is_no_request_cannot_be_cut()
    {
        Assert.Null(OtlpSplit.Halve(OutboxBox.Request("one")));
        Assert.Null(OtlpSplit.Halve([0xFF]));
        Assert.Equal(-1, OtlpSplit.Count([0x0A, 0x05]));
        Assert.NotNull(OtlpSplit.Halve(OutboxBox.Request("two", records: 2)));
    }

    private static string[] Singles(OutboxPiece piece)
    {
        Assert.Equal(piece.Items, OtlpSplit.Count(piece.Request));
        if (OtlpSplit.Halve(piece.Request) is { } halves)
            return [.. Singles(halves.First), .. Singles(halves.Second)];
        var message = ExportMetricsRequest.Parser.ParseFrom(piece.Request);
        Assert.All(message.ResourceMetrics, r => Assert.Equal("r", r.SchemaUrl));
        return [.. message.ResourceMetrics.SelectMany(r => r.ScopeMetrics).SelectMany(s => s.Metrics).Select(m => m.Name)];
    }
}
