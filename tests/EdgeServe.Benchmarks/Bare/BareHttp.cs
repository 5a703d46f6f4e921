using System.Buffers;
using System.Net;
using EdgeServe.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.ML.OnnxRuntime;

namespace EdgeServe.Bare;

/// <summary>The least a server can do: read the body's bytes, run, write the outputs' bytes. No names, no shapes, no checks.</summary>
internal static class BareHttp
{
    public static int Serve(string path, string url)
    {
        var model = new BareModel(path);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlockPoolFactory>();
        var address = new Uri(url);
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            k.Limits.MaxRequestBodySize = null;
            k.Listen(IPAddress.Loopback, address.Port, l => l.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        app.Run(context => HandleAsync(context, model));
        app.Run();
        return 0;
    }

    private static async Task HandleAsync(HttpContext context, BareModel model)
    {
        var slot = Slot.Rent(model);
        try
        {
            await slot.ReadAsync(context, model.Elements * sizeof(float));
            using var outputs = model.Run(slot.Value);
            long length = 0;
            foreach (var output in outputs)
                length += output.GetTensorMutableRawData().Length;
            context.Response.ContentLength = length;
            foreach (var output in outputs)
            {
                context.Response.BodyWriter.Write(output.GetTensorMutableRawData());
                if (length > 256 << 10)
                    await context.Response.BodyWriter.FlushAsync();
            }
        }
        finally
        {
            slot.Return();
        }
    }

    private sealed class Slot(BareModel model)
    {
        private static readonly System.Collections.Concurrent.ConcurrentStack<Slot> Free = new();
        private readonly nint _memory = model.NewInput();
        private OrtValue? _value;

        public OrtValue Value => _value ??= model.Over(_memory);

        public static Slot Rent(BareModel model) => Free.TryPop(out var slot) ? slot : new Slot(model);

        public void Return() => Free.Push(this);

        public async ValueTask ReadAsync(HttpContext context, int length)
        {
            var reader = context.Request.BodyReader;
            int at = 0;
            while (true)
            {
                var result = await reader.ReadAsync();
                foreach (var segment in result.Buffer)
                {
                    int part = Math.Min(segment.Length, length - at);
                    Copy(segment.Span[..part], at);
                    at += part;
                }

                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    return;
            }
        }

        private unsafe void Copy(ReadOnlySpan<byte> bytes, int at) => bytes.CopyTo(new Span<byte>((byte*)_memory + at, bytes.Length));
    }
}
