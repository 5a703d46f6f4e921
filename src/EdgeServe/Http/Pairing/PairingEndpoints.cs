using System.Globalization;
using EdgeServe.Engine.Device;
using EdgeServe.Hosting;
using EdgeServe.Http.Oip;
using EdgeServe.Security;
using EdgeServe.Security.Pairing;
using EdgeServe.Security.Tls;
using Microsoft.Extensions.Options;

namespace EdgeServe.Http.Pairing;

/// <summary>
/// <c>/edge/v1/pairings</c>: codes for new tablets, for keys of scope admin and for the box itself. <c>/edge/v1/pair</c>:
/// a tablet's way from a code to a key, the one thing besides health that needs none.
/// </summary>
internal sealed class PairingEndpoints(PairingDesk desk, ServerCertificates certificates, DeviceClock clock, TimeProvider time, IHostApplicationLifetime lifetime, IOptions<EdgeServeOptions> options)
{
    /// <summary>In the place of an id: the code of the setup card.</summary>
    public const string SetupId = "setup";

    private const int LongestWaitSeconds = 60;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var endpoints = routes.ServiceProvider.GetRequiredService<PairingEndpoints>();
        routes.MapReads("/edge/v1/pairings", endpoints.ListAsync);
        routes.MapPost("/edge/v1/pairings", (RequestDelegate)endpoints.OpenAsync);
        routes.MapReads("/edge/v1/pairings/{id}", endpoints.GetAsync);
        routes.MapDelete("/edge/v1/pairings/{id}", (RequestDelegate)endpoints.CancelAsync);
        routes.MapPost("/edge/v1/setup-card", (RequestDelegate)endpoints.CardAsync);
        routes.MapPost("/edge/v1/pair", (RequestDelegate)endpoints.PairAsync);
    }

    /// <summary>A code or a key may come and go: TLS, or nobody but this machine between the two.</summary>
    public static bool IsPrivate(HttpContext context) =>
        context.Request.IsHttps || Listener.Of(context) == Listener.Loopback || Listener.Of(context) == Listener.Control;

    private Task ListAsync(HttpContext context) => JsonResponse.WriteAsync(context, List(), WireJson.Default.PairingListBody);

    private PairingListBody List() => new([.. desk.All.Select(p => PairingViews.Of(p, desk, clock))], PairingViews.Of(desk.Setup));

    private async Task OpenAsync(HttpContext context)
    {
        var body = await JsonRequest.ReadAsync(context, WireJson.Default.NewPairingBody, Invalid);
        var links = BoxLinks.Of(options.Value, body.Address);
        var opened = desk.Open(PairingViews.Wish(body), By(context));
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Location = context.Request.PathBase + "/edge/v1/pairings/" + opened.Pairing.Id;
        await JsonResponse.WriteAsync(
            context, PairingViews.Of(opened, links, certificates.Authority?.Fingerprint, desk, clock), WireJson.Default.OpenedPairingBody, StatusCodes.Status201Created);
    }

    /// <summary>At once, or when it is open no longer: <c>?wait=30</c> seconds at most.</summary>
    private async Task GetAsync(HttpContext context)
    {
        var pairing = desk.Find(Id(context));
        if (context.Request.Query["wait"].ToString() is { Length: > 0 } text)
        {
            if (!int.TryParse(text.TrimEnd('s'), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) || seconds > LongestWaitSeconds)
                throw Invalid($"wait is 0 to {LongestWaitSeconds} seconds");
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            try
            {
                await pairing.Ended.WaitAsync(TimeSpan.FromSeconds(seconds), time, stop.Token);
            }
            catch (Exception e) when (e is TimeoutException or OperationCanceledException)
            {
                // What is known by then is the answer.
            }
        }

        await JsonResponse.WriteAsync(context, PairingViews.Of(pairing, desk, clock), WireJson.Default.PairingBody);
    }

    private Task CancelAsync(HttpContext context)
    {
        if (Id(context) != SetupId)
            return JsonResponse.WriteAsync(context, PairingViews.Of(desk.Cancel(Id(context), By(context)), desk, clock), WireJson.Default.PairingBody);
        desk.CancelSetup(By(context));
        return JsonResponse.WriteAsync(context, List(), WireJson.Default.PairingListBody);
    }

    private async Task CardAsync(HttpContext context)
    {
        var body = await JsonRequest.ReadAsync(context, WireJson.Default.NewSetupCardBody, Invalid);
        var links = SetupCard.Links(options.Value, body.Address);
        var scope = SetupCard.ScopeOf(body.Scope);
        byte[] card = SetupCard.Write(options.Value, links, certificates.Authority?.Fingerprint, desk.ReplaceSetup(scope, By(context)), scope);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.ContentLength = card.Length;
        await context.Response.Body.WriteAsync(card, context.RequestAborted);
    }

    private async Task PairAsync(HttpContext context)
    {
        if (!IsPrivate(context))
            throw new PairingException(PairingError.Unencrypted, "a code is taken over HTTPS only", "It may have been seen on the way: ask for another, and use the address with https in front.");
        var body = await JsonRequest.ReadAsync(context, WireJson.Default.PairBody, Invalid);
        var (key, text) = desk.Redeem(body.Code ?? "", body.Name);
        context.Response.Headers.CacheControl = "no-store";
        await JsonResponse.WriteAsync(context, new PairedBody(text, key.Name, AccessTexts.Name(key.Scope), key.Models), WireJson.Default.PairedBody, StatusCodes.Status201Created);
    }

    private static string Id(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    private static string By(HttpContext context) => Caller.Of(context).Owner;

    private static PairingException Invalid(string message) => new(PairingError.InvalidPairing, message, "GET /openapi/v1.json describes it.");
}
