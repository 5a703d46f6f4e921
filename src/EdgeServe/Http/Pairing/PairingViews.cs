using EdgeServe.Engine.Device;
using EdgeServe.Http.Keys;
using EdgeServe.Http.Pages;
using EdgeServe.Security;
using EdgeServe.Security.Keys;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Http.Pairing;

/// <summary>A pairing as the wire shows it: its code only once.</summary>
internal static class PairingViews
{
    public static PairingBody Of(OpenPairing pairing, PairingDesk desk, DeviceClock clock)
    {
        var status = pairing.Status;
        bool open = status.State == PairingState.Open;
        return new PairingBody(
            pairing.Id, Name(status.State), pairing.Wish.Name, AccessTexts.Name(pairing.Wish.Scope), pairing.Wish.Models.Length == 0 ? null : pairing.Wish.Models,
            open ? PairingDesk.MostTries - status.Tries : 0, open ? (long)desk.Left(pairing).TotalMilliseconds : null, status.Key is { } key ? KeyViews.Of(key, clock) : null);
    }

    public static OpenedPairingBody Of((OpenPairing Pairing, string Code) opened, BoxLinks links, string? fingerprint, PairingDesk desk, DeviceClock clock)
    {
        string url = links.PairWith(opened.Code);
        return new OpenedPairingBody(CodeText.Show(opened.Code), url, QrPicture.Svg(url, links.Pair), links.Trust, links.Elsewhere, fingerprint, Of(opened.Pairing, desk, clock));
    }

    public static SetupCodeBody? Of(StoredSetupCode? code) => code is null
        ? null
        : new SetupCodeBody(Name(code.State), AccessTexts.Name(code.Scope), code.State == PairingState.Open ? PairingDesk.MostTries - code.Tries : 0);

    /// <summary>What is asked for, not yet checked.</summary>
    public static PairingWish Wish(NewPairingBody body) => new(body.Name, KeyViews.ScopeOf(body.Scope, Scope.Infer), body.Models ?? []);

    private static string Name(PairingState state) => state.ToString().ToLowerInvariant();
}
