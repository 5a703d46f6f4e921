using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Device.Lights;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates;
using EdgeServe.Engine.Updates.Sticks;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Panel;

/// <summary>What the button does. Whoever can press it holds the box in the hand.</summary>
internal sealed partial class ButtonActions(MediaWatcher media, PairingDesk desk, Updater updater, DataDirectory data, ILogger<ButtonActions> log)
{
    public const string By = "button";
    private readonly HeldAtStart _held = new(data.Device);

    /// <summary>Told at the start, once.</summary>
    public bool MayRollBack(bool isDown)
    {
        try
        {
            return _held.MayAct(isDown);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing can be remembered on this disk, so nothing can be kept from happening at every start.
            return false;
        }
    }

    /// <returns>What to show for a moment; null: what comes of it shows by itself.</returns>
    public async Task<LightState?> DoAsync(ButtonPress press, CancellationToken cancellation)
    {
        Log.Pressed(log, press);
        switch (press)
        {
            case ButtonPress.Short:
                var (ejected, problems) = await media.EjectAsync(cancellation);
                return problems.Count > 0 ? LightState.Refused : ejected.Count > 0 ? LightState.StickDone : null;
            case ButtonPress.Long:
                return Try("let a tablet in", () => desk.Reopen(By)) ? null : LightState.Refused;
            default:
                return await RollBackAsync(cancellation) ? null : LightState.Refused;
        }
    }

    private async Task<bool> RollBackAsync(CancellationToken cancellation)
    {
        if (!Try("go back to the models before", () =>
        {
            _held.Acted();
            return null;
        }))
        {
            return false;
        }

        try
        {
            await updater.RollBackAsync(By, cancellation);
            return true;
        }
        catch (Exception e) when (e is BundleException or ServingException or StorageException)
        {
            Log.Refused(log, "go back to the models before", e.Message);
            return false;
        }
    }

    private bool Try(string what, Func<string?> act)
    {
        try
        {
            if (act() is not { } why)
                return true;
            Log.Refused(log, what, why);
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            Log.Refused(log, what, e.Message);
        }

        return false;
    }

    private static partial class Log
    {
        [LoggerMessage(8312, LogLevel.Information, "The button was pressed: {Press}")]
        public static partial void Pressed(ILogger logger, ButtonPress press);

        [LoggerMessage(8313, LogLevel.Warning, "The button was pressed to {What}, and that cannot be: {Reason}")]
        public static partial void Refused(ILogger logger, string what, string reason);
    }
}
