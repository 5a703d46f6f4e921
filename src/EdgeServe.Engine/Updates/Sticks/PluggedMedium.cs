using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>A medium while it is there. One thread moves it on; any may read its state.</summary>
internal sealed class PluggedMedium
{
    private readonly Action _changed;
    private readonly CancellationTokenSource _gone = new();
    private volatile MediumState _state;
    private volatile bool _isGone;

    internal PluggedMedium(Medium medium, Action changed)
    {
        Medium = medium;
        _changed = changed;
        _state = medium.IsOurs
            ? new MediumState(medium.Name, MediumPhase.Waiting, 0, 0, 0, null, CarrierTexts.Waiting, false)
            : new MediumState(medium.Name, MediumPhase.Ignored, 0, 0, 0, null, CarrierTexts.Foreign, false);
    }

    public MediumState State => _state;

    internal Medium Medium { get; }

    /// <summary>Is somebody reading it or writing to it?</summary>
    internal bool IsBusy => _state.Phase is MediumPhase.Reading or MediumPhase.Copying or MediumPhase.Trying or MediumPhase.Reporting;

    /// <summary>Was it pulled?</summary>
    internal bool IsGone => _isGone;

    /// <summary>Cancelled when it is pulled while bytes of it are still needed.</summary>
    internal CancellationToken Needed => _gone.Token;

    /// <summary>Content that waits for its turn to be offered; null: there is none.</summary>
    internal IContentSource? Source { get; set; }

    internal void Move(Func<MediumState, MediumState> change)
    {
        _state = change(_state);
        _changed();
    }

    /// <summary>It was pulled. What was copied entirely is carried on with.</summary>
    internal void Gone()
    {
        _isGone = true;
        if (_state.Phase is MediumPhase.Waiting or MediumPhase.Reading or MediumPhase.Copying)
            _gone.Cancel();
    }
}
