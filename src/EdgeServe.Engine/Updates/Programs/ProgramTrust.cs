using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Engine.Updates.Programs;

/// <summary>
/// Whom root believes about programs: its own copy of the enrolment, in its own folder. The first copy is made of the service's, as soon as the
/// box is enrolled; from then on only root changes it. A configuration that only root writes goes before both.
/// </summary>
internal sealed class ProgramTrust(ProgramPlace place, UpdateTerms? configured)
{
    private readonly DoubledFile _file = new(Path.Combine(place.Directory, "terms"));

    /// <exception cref="BundleException"><see cref="BundleError.NotEnrolled"/>.</exception>
    public UpdateTerms Require() => configured ?? (Read() is { } terms ? Of(terms) : throw new BundleException(BundleError.NotEnrolled,
        "root has no copy of whom this box trusts", "On the box: sudo edgeserve program trust."));

    /// <summary>Copies the service's enrolment unless there is a copy.</summary>
    /// <param name="theirs">The service's; not trusted to stay what it was.</param>
    /// <returns>The terms in force.</returns>
    /// <exception cref="BundleException"><see cref="BundleError.AlreadyEnrolled"/>: root trusts others than the service does; <see cref="BundleError.NotEnrolled"/>.</exception>
    public UpdateTerms Pin(DoubledFile theirs) => configured ?? PinGiven((theirs.Read() is { } content ? EnrolmentFile.Read(content, out _) : null)
        ?? throw new BundleException(BundleError.NotEnrolled, "this box does not belong to a fleet", "Enrol it first."));

    /// <summary>For a box that was enrolled before root had a folder. What is there stays, whatever the service says by now.</summary>
    public void PinIfNone(DoubledFile theirs)
    {
        if (Read() is null)
            Pin(theirs);
    }

    /// <summary>The same by terms that root was given.</summary>
    public UpdateTerms PinGiven(EnrolmentTerms terms) => Read() is not { } present ? Replace(terms)
        : IsSame(terms, present) ? Of(present)
        : throw new BundleException(BundleError.AlreadyEnrolled, $"root trusts the keys of channel {present.Channel}, the service was enrolled by other terms", "If that is right, on the box: sudo edgeserve program trust --replace.");

    /// <summary>For root only, by hand.</summary>
    public UpdateTerms Replace(EnrolmentTerms terms)
    {
        _file.WriteBoth(EnrolmentFile.Write(terms));
        return Of(terms);
    }

    private EnrolmentTerms? Read() => _file.Read() is { } content
        ? EnrolmentFile.Read(content, out var errors) ?? throw Damaged(string.Join("; ", errors))
        : _file.Exists ? throw Damaged("both copies are damaged") : null;

    private static bool IsSame(EnrolmentTerms one, EnrolmentTerms other) => EnrolmentFile.Write(one).AsSpan().SequenceEqual(EnrolmentFile.Write(other));

    private static UpdateTerms Of(EnrolmentTerms terms) => new(terms.Channel, terms.DeviceClass, [.. terms.TrustedKeys.Select(TrustedKey.FromPem)], terms.Threshold, null);

    private static BundleException Damaged(string why) => new(BundleError.StorageBroken, $"root's copy of whom this box trusts cannot be read: {why}", "On the box: sudo edgeserve program trust --replace.");
}
