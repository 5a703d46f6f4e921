using EdgeServe.Cli.Audit;
using EdgeServe.Cli.Tablets;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Hosting;
using EdgeServe.Http.Updates;

namespace EdgeServe.Cli.Device;

/// <summary>The box's own files, for verbs that work without a service.</summary>
internal static class DeviceFiles
{
    /// <summary>Reads; makes nothing.</summary>
    public static DeviceBody Show(EdgeServeOptions options)
    {
        string directory = new DataDirectory(options.Server.DataDirectory).Device;
        var key = new DeviceKey(directory);
        return DeviceViews.Of(new DeviceIdentity(directory).Kept, options.Server.Name, new DeviceEnrolment(directory, key), key);
    }

    /// <summary>Enrols a box whose service is stopped; its data directory is owned meanwhile.</summary>
    public static DeviceBody Enrol(EdgeServeOptions options, byte[] file, bool replace)
    {
        using var data = new DataDirectory(options.Server.DataDirectory);
        data.TakeByHand();
        var key = new DeviceKey(data.Device);
        var enrolment = new DeviceEnrolment(data.Device, key);
        using var audit = new AuditAtRest(data, DeviceClock.Of(TimeProvider.System, data.Device));
        enrolment.Enrol(file, replace);
        audit.Log.Note("device.enrolled", KeyVerbs.By, $"The box was enrolled{(replace ? " anew" : "")} in channel {enrolment.Terms?.Channel ?? "-"}");
        return DeviceViews.Of(new DeviceIdentity(data.Device).Id, options.Server.Name, enrolment, key);
    }
}
