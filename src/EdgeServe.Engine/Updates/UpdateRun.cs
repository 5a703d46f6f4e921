using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Updates;

/// <summary>One offer on its way through the steps.</summary>
internal sealed class UpdateRun(IContentSource source, IProgress<OfferProgress>? progress)
{
    public IContentSource Source => source;

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
}
