using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;

namespace EdgeServe.Engine.Updates.Enrolment;

/// <summary>
/// Which fleet this box belongs to. Anybody who stands before a box that belongs to none may enrol it: it has nothing to
/// defend yet. After that only a person who can run commands on the box as the service's user or group may replace the
/// terms, since that person can replace the program as well; a stick never can, whoever signed it. The trust counters
/// beside it are not touched by any of this: what a channel's release number has reached stays reached.
/// </summary>
public sealed class DeviceEnrolment
{
    private readonly DoubledFile _file;
    private readonly DeviceKey _key;
    private readonly Lock _gate = new();
    private volatile EnrolmentTerms? _terms;
    private volatile string? _trouble;

    /// <param name="directory"><c>device/</c> of the data directory.</param>
    /// <param name="key">Made when the box is enrolled.</param>
    public DeviceEnrolment(string directory, DeviceKey key)
    {
        _file = new DoubledFile(Path.Combine(directory, "enrolment"));
        _key = key;
        try
        {
            Load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _trouble = $"the enrolment cannot be read: {e.Message}";
        }
    }

    /// <summary>The terms changed. Raised on the thread that changed them.</summary>
    public event Action? Changed;

    /// <summary>The terms in force; null when there are none, or none that can be read.</summary>
    public EnrolmentTerms? Terms => _terms;

    /// <summary>Was the box ever enrolled? True as well when the terms are damaged: it does not fall back to being nobody's.</summary>
    public bool IsEnrolled => _terms is not null || _trouble is not null;

    /// <summary>Why the terms of an enrolled box cannot be read; null when all is well.</summary>
    public string? Trouble => _trouble;

    /// <summary>The terms in force.</summary>
    /// <exception cref="BundleException"><see cref="BundleError.NotEnrolled"/>.</exception>
    public EnrolmentTerms Require() => _terms ?? throw new BundleException(
        BundleError.NotEnrolled, _trouble ?? "this box does not belong to a fleet",
        _trouble is null ? "Enrol it with the file that head office made: edgeserve device enroll FILE." : "Enrol it again: edgeserve device enroll FILE --replace.");

    /// <summary>Are these the terms in force, word for word?</summary>
    public bool IsSame(EnrolmentTerms terms) => _terms is { } present && EnrolmentFile.Write(terms).AsSpan().SequenceEqual(EnrolmentFile.Write(present));

    /// <summary>Makes the box a member. Durable when it returns; the box has a key of its own then.</summary>
    /// <param name="file">The bytes of an enrolment file.</param>
    /// <param name="replace">Take the place of other terms.</param>
    /// <returns>False when these very terms are in force already.</returns>
    /// <exception cref="BundleException"><see cref="BundleError.Malformed"/> with every error, or <see cref="BundleError.AlreadyEnrolled"/>.</exception>
    public bool Enrol(ReadOnlyMemory<byte> file, bool replace)
    {
        var terms = EnrolmentFile.Read(file, out var errors)
            ?? throw new BundleException(BundleError.Malformed, "the enrolment file is refused: " + string.Join("; ", errors), "Ask head office for another: edgeserve fleet init makes it.");
        lock (_gate)
        {
            if (IsSame(terms))
            {
                _key.Ensure();
                return false;
            }

            if (IsEnrolled && !replace)
                throw new BundleException(BundleError.AlreadyEnrolled, _terms is { } other
                    ? $"this box follows channel {other.Channel} already, by other terms"
                    : $"this box was enrolled before: {_trouble}", "On the box itself: edgeserve device enroll FILE --replace.");
            _key.Ensure();
            _file.WriteBoth(EnrolmentFile.Write(terms));
            _terms = terms;
            _trouble = null;
        }

        Changed?.Invoke();
        return true;
    }

    private void Load()
    {
        if (_file.Read() is { } content)
        {
            _terms = EnrolmentFile.Read(content, out var errors);
            _trouble = _terms is null ? "the enrolment was written by a newer program: " + string.Join("; ", errors) : null;
        }
        else if (_file.Exists)
        {
            _trouble = "both copies of the enrolment are damaged";
        }
    }
}
