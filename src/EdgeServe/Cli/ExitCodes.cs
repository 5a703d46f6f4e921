using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Sync.CarryOut;

namespace EdgeServe.Cli;

/// <summary>What the process returns.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Failed = 1;

    /// <summary>Wrong usage or configuration; all errors are listed.</summary>
    public const int Usage = 2;

    /// <summary>Refused for security.</summary>
    public const int Refused = 3;

    /// <summary>The same by the code in the service's answer.</summary>
    public static int Of(string? code) => code == nameof(ServingError.ChannelOnly) ? Refused
        : Enum.TryParse<BundleError>(code, out var error) ? Of(error) : Failed;

    /// <summary>Carried-out telemetry that is not what a known box signed is refused for security; a key of one's own that cannot be used is a mistake of usage.</summary>
    public static int Of(CarryOutError error) => error switch
    {
        CarryOutError.Truncated or CarryOutError.Tampered or CarryOutError.SignatureWrong or CarryOutError.ForeignDevice or CarryOutError.UnknownDevice or CarryOutError.AcknowledgementRefused => Refused,
        CarryOutError.KeyUnusable => Usage,
        _ => Failed,
    };

    /// <summary>What is not believed is refused for security; the rest did not work.</summary>
    public static int Of(BundleError error) => error switch
    {
        BundleError.DigestMismatch or BundleError.SizeMismatch or BundleError.UnsafeFile or BundleError.ForbiddenContent or BundleError.NotAChannel
            or BundleError.Unsigned or BundleError.ThresholdNotMet or BundleError.WrongChannel or BundleError.WrongDeviceClass or BundleError.OlderRelease
            or BundleError.Equivocation or BundleError.ReleaseJump or BundleError.TimeJump or BundleError.Expired or BundleError.AlreadyEnrolled
            or BundleError.OlderProgram or BundleError.ProgramFailed or BundleError.ProgramRefused => Refused,
        _ => Failed,
    };
}
