using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Updates;

/// <summary>Stands in until the updater is there.</summary>
internal sealed class NoUpdates(Enrolment.DeviceEnrolment enrolment) : IUpdateOffers
{
    public bool IsEnrolled => enrolment.IsEnrolled;

    public string? Channel => enrolment.Terms?.Channel;

    public Task<long> VerifyAsync(IContentSource source, CancellationToken cancellation) =>
        Task.FromException<long>(new BundleException(BundleError.Held, "this program takes no updates yet"));

    public Task<OfferResult> OfferAsync(IContentSource source, IProgress<OfferProgress>? progress, CancellationToken cancellation) =>
        Task.FromException<OfferResult>(new BundleException(BundleError.Held, "this program takes no updates yet"));
}
