using EdgeServe.Engine.Device.Lights;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Updates;
using EdgeServe.Engine.Updates.Sticks;
using EdgeServe.Http.Health;
using EdgeServe.Http.Operator;
using EdgeServe.Security.Pairing;

namespace EdgeServe.Panel;

/// <summary>Gathers what the lights show from those who know it.</summary>
internal sealed class BoxLooks(ServerState serving, MediaWatcher media, Updater updater, PairingDesk desk, StatusEndpoint status, InferenceEngine engine)
{
    private long _runs;

    /// <summary>Something came or went that should be seen at once.</summary>
    public event Action Changed
    {
        add
        {
            serving.Changed += value;
            media.Changed += value;
            updater.Switched += value;
        }

        remove
        {
            serving.Changed -= value;
            media.Changed -= value;
            updater.Switched -= value;
        }
    }

    /// <summary>As it is now. Busy means: since the last time this was asked.</summary>
    public BoxSigns Look()
    {
        var sticks = media.Media;
        long runs = engine.Catalog.Statistics.Sum(s => s.Statistics.ComputeInfer.Count);
        bool ran = runs != _runs || engine.Memory.BytesInFlight > 0;
        _runs = runs;
        return new BoxSigns
        {
            Stopping = serving.IsStopping,
            Ready = serving.IsReady,
            StickWorking = sticks.Any(s => !s.MayBePulled || s.Phase == MediumPhase.Trying),
            StickRefused = sticks.Any(s => s.Phase == MediumPhase.Refused),
            StickDone = sticks.Any(s => s.Phase == MediumPhase.Done),
            Pairing = desk.IsReopened,
            Updating = updater.Running is { Progress.Step: not OfferStep.Verifying },
            Degraded = status.Problems().Any(),
            Busy = ran,
        };
    }
}
