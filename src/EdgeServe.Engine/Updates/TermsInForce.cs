using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Signing;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Engine.Updates;

/// <summary>Whom the device follows now: what it was enrolled with, else what the configuration says. Once there is either, no other door is open.</summary>
internal sealed class TermsInForce(DeviceEnrolment enrolment, UpdateTerms? configured, string? registry)
{
    private (EnrolmentTerms Of, UpdateTerms Terms)? _cached;

    /// <summary>Is the signed channel the only way a model gets in?</summary>
    public bool IsEnrolled => enrolment.IsEnrolled || configured is not null;

    /// <summary>Null when there are none, or none that can be read.</summary>
    public UpdateTerms? Current
    {
        get
        {
            if (enrolment.Terms is not { } enrolled)
                return enrolment.IsEnrolled ? null : configured;
            if (_cached is not { } cached || !ReferenceEquals(cached.Of, enrolled))
                _cached = cached = (enrolled, Of(enrolled));
            return cached.Terms;
        }
    }

    /// <summary>The device was enrolled, or enrolled anew.</summary>
    public event Action? Changed
    {
        add => enrolment.Changed += value;
        remove => enrolment.Changed -= value;
    }

    /// <exception cref="BundleException"><see cref="BundleError.NotEnrolled"/>.</exception>
    public UpdateTerms Require() => Current ?? throw new BundleException(BundleError.NotEnrolled,
        enrolment.Trouble ?? "this device follows no channel", "Enrol it: edgeserve device enroll FILE, with the file of `edgeserve fleet init`.");

    private UpdateTerms Of(EnrolmentTerms enrolled) =>
        new(enrolled.Channel, enrolled.DeviceClass, [.. enrolled.TrustedKeys.Select(TrustedKey.FromPem)], enrolled.Threshold, registry ?? enrolled.Registry);
}
