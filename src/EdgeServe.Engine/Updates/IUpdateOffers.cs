using EdgeServe.Engine.Bundles;

namespace EdgeServe.Engine.Updates;

/// <summary>Who takes what a source brings: the updater. A stick, the registry's poll and a file on the disk offer the same way.</summary>
public interface IUpdateOffers
{
    /// <summary>Does the box follow anybody, by enrolment or by configuration, or did it before its terms were damaged? No stick changes that.</summary>
    bool IsEnrolled { get; }

    /// <summary>The channel it follows; null: none, or its terms are damaged.</summary>
    string? Channel { get; }

    /// <summary>
    /// Verifies the enrolled channel as this source has it (step 2 of the flow) and changes nothing: which of two sticks
    /// is offered first is decided by what they are allowed to say.
    /// </summary>
    /// <returns>The release, which may be the one the device has.</returns>
    /// <exception cref="BundleException">Refused, also when it is older than the device's.</exception>
    Task<long> VerifyAsync(IContentSource source, CancellationToken cancellation);

    /// <summary>
    /// The whole update from this source. Safe to call again after any failure: what was copied is kept. Offers run one
    /// after the other, whoever makes them.
    /// </summary>
    /// <param name="source">Not needed any more once <see cref="OfferStep.Trying"/> is reported.</param>
    /// <param name="progress">Where it stands; called from any thread.</param>
    /// <param name="cancellation">Gives up at the next point where nothing is half done.</param>
    /// <returns>Once the new set serves, or was found to serve already.</returns>
    /// <exception cref="BundleException">Refused or broken off; the set that served still serves.</exception>
    Task<OfferResult> OfferAsync(IContentSource source, IProgress<OfferProgress>? progress, CancellationToken cancellation);
}
