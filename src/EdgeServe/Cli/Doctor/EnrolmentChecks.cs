using System.Globalization;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Hosting;

namespace EdgeServe.Cli.Doctor;

/// <summary>Whose updates does the box take, and can it see a stick?</summary>
internal static class EnrolmentChecks
{
    public static IEnumerable<Finding> Fleet(EdgeServeOptions options)
    {
        string directory = new DataDirectory(options.Server.DataDirectory).Device;
        var key = new DeviceKey(directory);
        var enrolment = new DeviceEnrolment(directory, key);
        yield return Enrolment(enrolment, key);
        string media = options.Updates.MediaDirectory;
        if (media.Length == 0)
            yield return Finding.Ok("Sticks", "not looked at: Updates:MediaDirectory is empty");
        else if (Directory.Exists(media))
            yield return Finding.Ok("Sticks", $"looked for in {media}");
        else if (enrolment.IsEnrolled)
            yield return Finding.Warning("Sticks", $"{media} does not exist", "Sticks are seen once something mounts them there; name another folder with Updates:MediaDirectory.");
    }

    private static Finding Enrolment(DeviceEnrolment enrolment, DeviceKey key)
    {
        const string check = "Enrolment";
        if (enrolment.Trouble is { } trouble)
            return Finding.Failed(check, trouble, "Enrol it again: edgeserve device enroll FILE --replace. Serving is not touched.");
        if (enrolment.Terms is not { } terms)
            return Finding.Ok(check, "belongs to no fleet; models come from the models folder");
        string seen = string.Create(CultureInfo.InvariantCulture, $"channel {terms.Channel}, class {terms.DeviceClass}, {terms.Threshold} of {terms.TrustedKeys.Count} keys, {terms.Registry ?? "no registry"}");
        using var own = key.Read();
        return own is null
            ? Finding.Warning(check, $"{seen}; the box's own key cannot be read", "Enrol it again with the same file and --replace: it makes itself a new one.")
            : Finding.Ok(check, seen);
    }
}
