using System.Globalization;
using EdgeServe.Engine.Device.Governor;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Storage;
using EdgeServe.Hosting;

namespace EdgeServe.Cli.Doctor;

/// <summary>Heat, power, pressure and wear as the governor would judge them now.</summary>
internal static class GovernorChecks
{
    private const int WornOut = 90;

    public static IEnumerable<Finding> Look(EdgeServeOptions options)
    {
        if (!options.Governor.Enabled)
            yield return Finding.Warning("Governor", "off: the device is not spared when it is hot or short of memory", "Set Governor:Enabled to true.");
        var files = new SystemFiles(options.Governor.SystemRoot);
        var settings = EngineOptionsFrom.Governor(options);
        string data = options.Server.DataDirectory;
        var seen = new DeviceReader(files, new MachineMemory(files), settings, Directory.Exists(data) ? data : ".", TimeProvider.System).Look();
        var state = GovernorLadder.Next(GovernorState.Unseen, seen, 1);
        foreach (var reason in state.Reasons)
            yield return Finding.Warning(Title(reason), GovernorTexts.Seen(reason, seen), GovernorTexts.Hint(reason));
        if (!state.Reasons.Contains(GovernorReason.Temperature))
            yield return Finding.Ok("Temperature", seen.Heat is null ? "no thermal zone" : GovernorTexts.Seen(GovernorReason.Temperature, seen));
        if (seen.MemoryWaits is null)
            yield return Finding.Ok("Memory pressure", "the kernel does not tell (no PSI): watched by what is left alone");
        if (seen.DiskWearPercent is { } wear)
        {
            string text = string.Create(CultureInfo.InvariantCulture, $"{wear} % of the flash memory's life are used");
            yield return wear >= WornOut ? Finding.Warning("Flash wear", text, "Replace it before it fails; `edgeserve backup` keeps the jobs.") : Finding.Ok("Flash wear", text);
        }
    }

    private static string Title(GovernorReason reason) => reason switch
    {
        GovernorReason.Memory => "Memory pressure",
        GovernorReason.Temperature => "Temperature",
        GovernorReason.Throttled => "Throttling",
        GovernorReason.UnderVoltage => "Supply voltage",
        _ => "Battery",
    };
}
