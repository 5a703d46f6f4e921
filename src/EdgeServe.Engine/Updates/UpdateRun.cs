using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Updates;

/// <summary>One offer on its way through the steps.</summary>
/// <param name="source">Has the channel.</param>
/// <param name="progress">Told where it stands.</param>
/// <param name="yields">Somebody else's offer may interrupt it while it fetches: see <see cref="GiveWay"/>.</param>
/// <param name="cancellation">Gives up where nothing is half done.</param>
internal sealed class UpdateRun(IContentSource source, IProgress<OfferProgress>? progress, bool yields, CancellationToken cancellation) : IDisposable
{
    private readonly CancellationTokenSource _fetching = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

    public IContentSource Source => source;

    /// <summary>Did nobody in person ask for it?</summary>
    public bool Yields => yields;

    /// <summary>For what reads from the source.</summary>
    public CancellationToken Fetching => _fetching.Token;

    /// <summary>Known after step 2.</summary>
    public SetReference? Set { get; set; }

    /// <summary>Bytes that the source gave so far.</summary>
    public long Fetched { get; set; }

    /// <summary>Where it stands.</summary>
    public OfferProgress Progress { get; private set; } = new(OfferStep.Verifying, 0, 0, 0);

    public void At(OfferStep step, long bytes = 0, long total = 0)
    {
        Progress = new OfferProgress(step, Set?.Release ?? 0, step == OfferStep.Copying ? bytes : Progress.Bytes, step == OfferStep.Copying ? total : Progress.TotalBytes);
        progress?.Report(Progress);
    }

    /// <summary>
    /// Stops reading from a slow link because somebody stands before the box with a stick. What came is kept, and the stick
    /// need only bring the rest. Beyond the fetch it has no effect.
    /// </summary>
    public void GiveWay()
    {
        if (yields)
            _fetching.Cancel();
    }

    public void Dispose() => _fetching.Dispose();
}
