using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>A medium while it is there. One thread moves it on; any may read its state.</summary>
internal sealed class PluggedMedium
{
    private readonly Action _changed;
    private readonly CancellationTokenSource _gone = new();
    private volatile MediumState _state;
    private volatile Medium _medium;
    private volatile bool _isGone;
    private volatile bool _isLeaving;

    internal PluggedMedium(Medium medium, Action changed)
    {
        _medium = medium;
        _changed = changed;
        _state = medium.IsOurs
            ? new MediumState(medium.Name, MediumPhase.Waiting, 0, 0, 0, null, CarrierTexts.Waiting, false)
            : new MediumState(medium.Name, MediumPhase.Ignored, 0, 0, 0, null, CarrierTexts.Foreign, false);
    }

    public MediumState State => _state;

    /// <summary>Its state changed. Raised on any thread.</summary>
    internal event Action? Moved;

    internal Medium Medium => _medium;

    /// <summary>Is somebody reading it or writing to it?</summary>
    internal bool IsBusy => _state.Phase is MediumPhase.Reading or MediumPhase.Copying or MediumPhase.Trying or MediumPhase.Carrying or MediumPhase.Reporting;

    /// <summary>Was it pulled, or let go of? Nothing is written to it any more.</summary>
    internal bool IsGone => _isGone || _isLeaving;

    /// <summary>Somebody asked for it back. It is not looked at again before it was pulled.</summary>
    internal bool IsLeaving => _isLeaving;

    /// <summary>Cancelled when it is pulled while it is still read or written.</summary>
    internal CancellationToken Needed => _gone.Token;

    /// <summary>Content that waits for its turn to be offered; null: there is none.</summary>
    internal IContentSource? Source { get; set; }

    /// <summary>Did it enrol this box, now or before?</summary>
    internal bool BroughtTerms { get; set; }

    /// <summary>We wrote to it: what it is now is no news.</summary>
    internal void Renew(Medium medium) => _medium = medium;

    internal void Move(Func<MediumState, MediumState> change)
    {
        _state = change(_state);
        Moved?.Invoke();
        _changed();
    }

    /// <summary>Stops reading and writing at the next point where nothing is half done. What was copied is kept.</summary>
    internal void Leave()
    {
        _isLeaving = true;
        StopUsing();
    }

    /// <summary>It was pulled. What was copied entirely is carried on with.</summary>
    internal void Gone()
    {
        _isGone = true;
        StopUsing();
    }

    private void StopUsing()
    {
        if (_state.Phase is MediumPhase.Waiting or MediumPhase.Reading or MediumPhase.Copying or MediumPhase.Carrying)
            _gone.Cancel();
    }
}
