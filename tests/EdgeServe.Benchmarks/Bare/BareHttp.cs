using System.Buffers;
using System.Globalization;
using System.Net;
using EdgeServe.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeServe.Bare;

/// <summary>
/// The least a server can do: read the body's bytes, run, write the outputs' bytes. It is sent what the product is sent and
/// passes over the JSON header: no names, no shapes, no checks, and an answer without a header.
/// </summary>
internal static class BareHttp
{
    private const int FlushBytes = 256 << 10;

    public static int Serve(string path, string url)
    {
        var model = new BareModel(path);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlockPoolFactory>();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            k.Limits.MaxRequestBodySize = null;
            k.Listen(IPAddress.Loopback, new Uri(url).Port, l => l.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        app.Run(context => HandleAsync(context, model));
        app.Run();
        return 0;
    }

    private static async Task HandleAsync(HttpContext context, BareModel model)
    {
        var slot = BareSlot.Rent(model);
        try
        {
            int header = int.Parse(context.Request.Headers["Inference-Header-Content-Length"].ToString(), CultureInfo.InvariantCulture);
            await ReadAsync(context, slot, header, model.Elements * sizeof(float));
            using var outputs = model.Run(slot.Value);
            long length = 0;
            foreach (var output in outputs)
                length += output.GetTensorMutableRawData().Length;
            context.Response.ContentLength = length;
            foreach (var output in outputs)
            {
                context.Response.BodyWriter.Write(output.GetTensorMutableRawData());
                if (length > FlushBytes)
                    await context.Response.BodyWriter.FlushAsync();
            }
        }
        finally
        {
            slot.Return();
        }
    }

    private static async ValueTask ReadAsync(HttpContext context, BareSlot slot, int header, int length)
    {
        var reader = context.Request.BodyReader;
        int skip = header, at = 0;
        while (true)
        {
            var result = await reader.ReadAsync();
            foreach (var segment in result.Buffer)
            {
                int skipped = Math.Min(skip, segment.Length);
                skip -= skipped;
                int part = Math.Min(segment.Length - skipped, length - at);
                slot.Write(segment.Span.Slice(skipped, part), at);
                at += part;
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                return;
        }
    }
}
