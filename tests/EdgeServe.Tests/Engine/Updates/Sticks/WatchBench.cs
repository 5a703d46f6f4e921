using System.Diagnostics;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Engine.Updates.Sticks;
using EdgeServe.Tests.Engine.Storage;
using EdgeServe.Tests.Engine.Updates.Enrolment;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeServe.Tests.Engine.Updates.Sticks;

/// <summary>A watcher over a real folder of media, with an updater that is made up.</summary>
internal sealed class WatchBench : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TempFolder _folder = new();
    private readonly List<string> _mounts = [];

    public WatchBench(bool enrolled = true, bool enrolFromMedia = true, IFirstTabletCard? card = null, string? helper = null)
    {
        Directory.CreateDirectory(_folder["device"]);
        Enrolment = new DeviceEnrolment(_folder["device"], new DeviceKey(_folder["device"]));
        Offers = new FakeOffers(Enrolment);
        if (enrolled)
            Enrolment.Enrol(EnrolmentFile.Write(TestKeys.Terms()), replace: false);
        var options = new StickOptions { MediaDirectory = Media, EnrolFromMedia = enrolFromMedia, DeviceName = "box <1>", HelperSocket = helper };
        Identity = new DeviceIdentity(_folder["device"]);
        var self = new StickIdentity(Identity, DeviceClock.Of(TimeProvider.System, null), options, "0.1");
        Watcher = new MediaWatcher(
            options, Enrolment, new StickVisit(options, Enrolment, Offers, self, path => new NamedSource(path), NullLogger<StickVisit>.Instance) { Card = card },
            TimeProvider.System, NullLogger<MediaWatcher>.Instance);
    }

    public static string? NoMounts { get; } = Environment.IsPrivilegedProcess ? null : "mounting needs root";

    public string Media => System.IO.Path.Combine(_folder["run"], "media");

    public FakeOffers Offers { get; }

    public DeviceEnrolment Enrolment { get; }

    public DeviceIdentity Identity { get; }

    public MediaWatcher Watcher { get; }

    public string Elsewhere(string name) => _folder[name];

    public Task StartAsync() => Watcher.StartAsync(TestContext.Current.CancellationToken);

    /// <summary>A stick as a plain folder, whole before it gets its name.</summary>
    public string Plug(string name, string index, string folder = "edgeserve", long blobBytes = 0, byte[]? enrolment = null)
    {
        string aside = _folder[System.IO.Path.GetRandomFileName()];
        Fill(Directory.CreateDirectory(aside).FullName, index, folder, blobBytes, enrolment);
        Directory.CreateDirectory(Media);
        string path = System.IO.Path.Combine(Media, name);
        Directory.Move(aside, path);
        return path;
    }

    public static void Fill(string root, string index, string folder = "edgeserve", long blobBytes = 0, byte[]? enrolment = null)
    {
        if (enrolment is not null)
            File.WriteAllBytes(System.IO.Path.Combine(root, EnrolmentFile.Name), enrolment);
        if (index.Length == 0)
            return;
        string layout = Directory.CreateDirectory(System.IO.Path.Combine(root, folder)).FullName;
        if (blobBytes > 0)
        {
            using var blob = File.Create(System.IO.Path.Combine(layout, "blob"));
            blob.SetLength(blobBytes);
        }

        File.WriteAllText(System.IO.Path.Combine(layout, folder.Any(char.IsUpper) ? "INDEX.JSON" : "index.json"), index);
    }

    /// <summary>Out as one pulls a stick: everything gone at once.</summary>
    public string Unplug(string name)
    {
        string aside = _folder[System.IO.Path.GetRandomFileName()];
        Directory.Move(System.IO.Path.Combine(Media, name), aside);
        return aside;
    }

    public void Mount(string name, params string[] arguments)
    {
        string path = Directory.CreateDirectory(System.IO.Path.Combine(Media, name)).FullName;
        Run("mount", [.. arguments, path]);
        _mounts.Add(path);
    }

    public void Unmount(string name) => Run("umount", ["-l", System.IO.Path.Combine(Media, name)]);

    public static void Run(string command, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command} {string.Join(' ', arguments)}: {error}");
    }

    /// <summary>Takes every free byte.</summary>
    public static void FillUp(string path)
    {
        using var filler = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        try
        {
            while (true)
                filler.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Waits for a change that makes it so.</summary>
    public async Task<IReadOnlyList<MediumState>> UntilAsync(Func<IReadOnlyList<MediumState>, bool> holds)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (holds(Watcher.Media))
                reached.TrySetResult();
        }

        Watcher.Changed += Look;
        try
        {
            Look();
            await reached.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"never so; now {string.Join("; ", Watcher.Media)}");
        }
        finally
        {
            Watcher.Changed -= Look;
        }

        return Watcher.Media;
    }

    public async Task<MediumState> UntilAsync(string name, MediumPhase phase) =>
        (await UntilAsync(all => all.Any(m => m.Name == name && m.Phase == phase))).First(m => m.Name == name);

    public async ValueTask DisposeAsync()
    {
        await Watcher.StopAsync(CancellationToken.None);
        Watcher.Dispose();
        foreach (string mount in _mounts)
            Process.Start(new ProcessStartInfo("umount", ["-l", mount]) { RedirectStandardError = true })!.WaitForExit();
        _folder.Dispose();
    }
}
