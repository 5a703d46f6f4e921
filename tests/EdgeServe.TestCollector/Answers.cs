using System.Text;
using EdgeServe.TestCollector.Otlp;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace EdgeServe.TestCollector;

/// <summary>The ways a collector, or what stands in its place, answers.</summary>
public static class Answers
{
    private const string Protobuf = "application/x-protobuf";
    private const int Chunk = 1024;

    /// <summary>As the protocol wants it.</summary>
    public static Task Accept(HttpContext context, Ledger ledger) => KeepAsync(context, ledger, c => BodyAsync(c, Protobuf, new ExportResponse().ToByteArray()));

    /// <summary>The answer in JSON, which a proxy that translates gives.</summary>
    public static Task AcceptJson(HttpContext context, Ledger ledger) => KeepAsync(context, ledger, c => BodyAsync(c, "application/json", "{\"partialSuccess\":{}}"u8.ToArray()));

    /// <summary>Kept, and no word about it: proof only over verified TLS.</summary>
    public static Task AcceptSilently(HttpContext context, Ledger ledger) => KeepAsync(context, ledger, c => BodyAsync(c, null, []));

    /// <summary>Kept, but for some rows that are never to be sent again.</summary>
    public static CollectorAnswer Partially(long rejected) => (context, ledger) => KeepAsync(context, ledger, c =>
        BodyAsync(c, Protobuf, new ExportResponse { PartialSuccess = new PartialSuccess { Rejected = rejected, ErrorMessage = "too old" } }.ToByteArray()));

    public static CollectorAnswer Status(int code, string? retryAfter = null) => async (context, _) =>
    {
        await DrainAsync(context);
        context.Response.StatusCode = code;
        if (retryAfter is not null)
            context.Response.Headers["Retry-After"] = retryAfter;
        await BodyAsync(context, "text/plain", "no"u8.ToArray());
    };

    /// <summary>Refuses every payload in which this text stands.</summary>
    public static CollectorAnswer Poison(string text) => (context, ledger) => JudgeAsync(context, ledger, export =>
        export.Protobuf.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) < 0 ? null : StatusCodes.Status400BadRequest);

    public static CollectorAnswer TooLarge(int bytes) => (context, ledger) => JudgeAsync(context, ledger, export =>
        export.Content.Length <= bytes ? null : StatusCodes.Status413PayloadTooLarge);

    /// <summary>Reads half of it and is gone.</summary>
    public static async Task DieMidBody(HttpContext context, Ledger ledger)
    {
        byte[] half = new byte[(context.Request.ContentLength ?? 2) / 2];
        await context.Request.Body.ReadAtLeastAsync(half, half.Length, throwOnEndOfStream: false);
        context.Abort();
    }

    /// <summary>Kept, and the answer breaks off.</summary>
    public static async Task CutAnswer(HttpContext context, Ledger ledger)
    {
        ledger.Keep(await Export.ReadAsync(context));
        context.Response.ContentType = Protobuf;
        context.Response.ContentLength = 100;
        await context.Response.Body.WriteAsync(new byte[] { 0x0A, 0x40 });
        await context.Response.Body.FlushAsync();
        context.Abort();
    }

    /// <summary>Kept, and answered only when the sender has given up.</summary>
    public static async Task AcceptLate(HttpContext context, Ledger ledger)
    {
        ledger.Keep(await Export.ReadAsync(context));
        await HangAsync(context);
    }

    /// <summary>Takes nothing, says nothing.</summary>
    public static Task Stall(HttpContext context, Ledger ledger) => HangAsync(context);

    /// <summary>A steady slow link: so many bytes a second, and then all is well.</summary>
    public static CollectorAnswer Slowly(int bytesPerSecond) => async (context, ledger) =>
    {
        using var content = new MemoryStream();
        byte[] buffer = new byte[Math.Min(Chunk, bytesPerSecond)];
        int count;
        while ((count = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            content.Write(buffer, 0, count);
            await Task.Delay(TimeSpan.FromSeconds(count / (double)bytesPerSecond), context.RequestAborted);
        }

        ledger.Keep(Export.Decode(context.Request, content.ToArray()));
        await BodyAsync(context, Protobuf, []);
    };

    /// <summary>Answers the first at once, then one at a time, the oldest, once as many wait as the sender has in hand at a time.</summary>
    public static CollectorAnswer InTurn(int batches, int inHand)
    {
        var waiting = new Queue<TaskCompletionSource>();
        int answered = 0;
        return async (context, ledger) =>
        {
            var export = await Export.ReadAsync(context);
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (waiting)
            {
                ledger.Keep(export);
                waiting.Enqueue(turn);
                Next();
            }

            await turn.Task;
            await BodyAsync(context, Protobuf, []);
        };

        void Next()
        {
            while (waiting.Count > 0 && (answered == 0 || waiting.Count >= Math.Min(inHand, batches - answered)))
            {
                answered++;
                waiting.Dequeue().SetResult();
            }
        }
    }

    public static async Task PortalPage(HttpContext context, Ledger ledger)
    {
        await DrainAsync(context);
        await BodyAsync(context, "text/html", "<html><body>Welcome! Please accept our terms.</body></html>"u8.ToArray());
    }

    /// <summary>And its page answers what whoever follows would take for a yes.</summary>
    public static async Task PortalRedirect(HttpContext context, Ledger ledger)
    {
        await DrainAsync(context);
        if (context.Request.Path == "/login")
        {
            await BodyAsync(context, "application/json", "{}"u8.ToArray());
            return;
        }

        context.Response.StatusCode = StatusCodes.Status302Found;
        context.Response.Headers.Location = $"http://{context.Request.Host}/login";
    }

    public static Task Portal511(HttpContext context, Ledger ledger) => Status(StatusCodes.Status511NetworkAuthenticationRequired)(context, ledger);

    /// <summary>200, the right type, and nothing that is an answer of the protocol.</summary>
    public static async Task PortalText(HttpContext context, Ledger ledger)
    {
        await DrainAsync(context);
        await BodyAsync(context, Protobuf, "OK, you are online now"u8.ToArray());
    }

    public static async Task PortalPlain(HttpContext context, Ledger ledger)
    {
        await DrainAsync(context);
        await BodyAsync(context, "text/plain", "success\n"u8.ToArray());
    }

    public static async Task PortalJson(HttpContext context, Ledger ledger)
    {
        await DrainAsync(context);
        await BodyAsync(context, "application/json", "{\"login\":\"required\"}"u8.ToArray());
    }

    /// <summary>Over plain HTTP anybody can say nothing.</summary>
    public static async Task PortalEmpty(HttpContext context, Ledger ledger)
    {
        await DrainAsync(context);
        await BodyAsync(context, null, []);
    }

    /// <summary>So many times one way, then another.</summary>
    public static CollectorAnswer Times(int times, CollectorAnswer first, CollectorAnswer then)
    {
        int left = times;
        return (context, ledger) => Interlocked.Decrement(ref left) >= 0 ? first(context, ledger) : then(context, ledger);
    }

    private static async Task JudgeAsync(HttpContext context, Ledger ledger, Func<Export, int?> refusal)
    {
        var export = await Export.ReadAsync(context);
        if (refusal(export) is { } status)
        {
            context.Response.StatusCode = status;
            await BodyAsync(context, "text/plain", "no"u8.ToArray());
            return;
        }

        ledger.Keep(export);
        await BodyAsync(context, Protobuf, []);
    }

    private static async Task KeepAsync(HttpContext context, Ledger ledger, Func<HttpContext, Task> answer)
    {
        Export export;
        try
        {
            export = await Export.ReadAsync(context);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidProtocolBufferException)
        {
            ledger.Refuse(e);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        ledger.Keep(export);
        await answer(context);
    }

    private static async Task BodyAsync(HttpContext context, string? type, byte[] body)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body);
    }

    private static Task DrainAsync(HttpContext context) => context.Request.Body.CopyToAsync(Stream.Null);

    private static async Task HangAsync(HttpContext context)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }
}
