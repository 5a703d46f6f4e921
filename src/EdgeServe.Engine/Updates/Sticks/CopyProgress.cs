namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>What the updater says of an offer, as the medium's state; copying at most once a <paramref name="stepBytes"/>.</summary>
internal sealed class CopyProgress(PluggedMedium medium, long stepBytes) : IProgress<OfferProgress>
{
    private readonly Lock _gate = new();
    private OfferProgress _last;

    public void Report(OfferProgress value)
    {
        lock (_gate)
        {
            bool same = value.Step == _last.Step && value.TotalBytes == _last.TotalBytes;
            if (same && value.Bytes < value.TotalBytes && value.Bytes - _last.Bytes < stepBytes)
                return;
            _last = value;
        }

        var (phase, text) = value.Step switch
        {
            OfferStep.Verifying => (MediumPhase.Reading, CarrierTexts.Reading),
            OfferStep.Copying => (MediumPhase.Copying, CarrierTexts.Copying),
            _ => (MediumPhase.Trying, CarrierTexts.Trying),
        };
        medium.Move(s => s with
        {
            Phase = phase,
            Text = text,
            Release = value.Release > 0 ? value.Release : s.Release,
            Bytes = value.Bytes,
            TotalBytes = value.TotalBytes,
        });
    }
}
