namespace EdgeServe.AcceptanceTests.Packaging;

/// <summary>
/// Root's helper on a real file system. What a kernel without USB cannot give is made up: where the device hangs in sysfs and udev's
/// word for its type. ext4 stands for FAT, which not every kernel that runs these tests has.
/// </summary>
public sealed class StickHelperTests(InstalledBox box) : IClassFixture<InstalledBox>
{
    [Fact]
    public async Task A_stick_is_shown_read_only_and_nothing_on_it_can_act()
    {
        Assert.SkipUnless(ScratchRoot.Unavailable is null, ScratchRoot.Unavailable ?? "");
        await box.PlugAsync("sdq1", "echo hello > $stick/file; mknod $stick/device b 1 1; cp /bin/true $stick/program; chmod 4755 $stick/program");
        Assert.Matches(@"^\S+ \S+ \S+ / /run/edgeserve/media/sdq1 rw,nosuid,nodev,noexec,noatime .* - ext4 \S+ ro,", await box.RunAsync("grep media/sdq1 /proc/self/mountinfo"));
        Assert.NotEqual(0, (await box.TryAsync("touch /run/edgeserve/media/sdq1/new")).ExitCode);
        Assert.NotEqual(0, (await box.TryAsync("/run/edgeserve/media/sdq1/program")).ExitCode);
        Assert.NotEqual(0, (await box.TryAsync("head -c 1 /run/edgeserve/media/sdq1/device")).ExitCode);
        Assert.NotEqual(0, (await box.TryAsync("setpriv --reuid edgeserve --regid edgeserve --clear-groups ls /run/edgeserve-stick")).ExitCode);
        await box.RunAsync("/usr/lib/edgeserve/stick unmount sdq1; ! grep sdq1 /proc/self/mountinfo && ! test -e /run/edgeserve/media/sdq1");
        // Gone twice is gone.
        await box.RunAsync("/usr/lib/edgeserve/stick unmount sdq1");
    }

    [Theory]
    [InlineData("", "not the name of a device")]
    [InlineData("../sdq1", "not the name of a device")]
    [InlineData("sdq1;id", "not the name of a device")]
    [InlineData("-o", "not the name of a device")]
    [InlineData("sdqsdqsdqsdqsdq1", "not the name of a device")]
    [InlineData("sdnone", "no such device")]
    [InlineData("null", "no such device")]
    [InlineData("sdinner", "not on USB")]
    [InlineData("sdsystem2", "the system itself uses this disk")]
    [InlineData("sdother", "its file system is not one that is read here")]
    public async Task What_is_no_stick_is_refused(string name, string reason)
    {
        Assert.SkipUnless(ScratchRoot.Unavailable is null, ScratchRoot.Unavailable ?? "");
        await box.RunAsync("""
            device() { mknod /dev/$1 b 7 $2 2>/dev/null || true; mkdir -p /sys/devices/$3/$1; echo 7:$2 > /sys/devices/$3/$1/dev; [ -z "$4" ] || echo 1 > /sys/devices/$3/$1/partition; ln -sfn /sys/devices/$3/$1 /sys/class/block/$1; echo $5 > /tmp/type-$1; }
            device sdinner 200 pci0/ata1/block "" ext4
            device sdother 201 pci0/usb1/block "" ntfs
            # Two partitions of one disk on USB, of which the system has mounted the first: a box that boots from USB.
            system=$(awk '$5 == "/tmp" { print $3 }' /proc/self/mountinfo | head -n 1)
            mkdir -p /sys/devices/pci0/usb1/block/sdsystem; echo 7:202 > /sys/devices/pci0/usb1/block/sdsystem/dev
            device sdsystem1 203 pci0/usb1/block/sdsystem 1 ext4; echo $system > /sys/devices/pci0/usb1/block/sdsystem/sdsystem1/dev
            device sdsystem2 204 pci0/usb1/block/sdsystem 1 ext4
            """);
        string before = await box.RunAsync("ls /run/edgeserve/media; cat /proc/self/mountinfo");
        var (exitCode, output) = await box.TryAsync($"/usr/lib/edgeserve/stick mount '{name}'");
        Assert.NotEqual(0, exitCode);
        Assert.StartsWith(reason, output, StringComparison.Ordinal);
        Assert.Equal(before, await box.RunAsync("ls /run/edgeserve/media; cat /proc/self/mountinfo"));
    }

    [Theory]
    [InlineData("write sdq9", "the helper did not mount it")]
    [InlineData("write ../../etc", "not the name of a device")]
    [InlineData("write", "the helper did not mount it")]
    [InlineData("", "not the name of a device")]
    [InlineData("mount sdq1", "the helper did not mount it")]
    public async Task The_service_can_ask_for_nothing_else(string request, string answer)
    {
        Assert.SkipUnless(ScratchRoot.Unavailable is null, ScratchRoot.Unavailable ?? "");
        var (exitCode, output) = await box.TryAsync($"printf '%s\\n' '{request}' | /usr/lib/edgeserve/stick serve");
        Assert.NotEqual(0, exitCode);
        Assert.StartsWith(answer, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_window_opens_for_its_stick_and_closes_with_the_connection()
    {
        Assert.SkipUnless(ScratchRoot.Unavailable is null, ScratchRoot.Unavailable ?? "");
        await box.PlugAsync("sdr1", "mkdir -p $stick/edgeserve/blobs/sha256 $stick/private; ln -s /etc $stick/edgeserve/link; ln -s /etc/default $stick/edgeserve/blobs/link");
        const string write = "setpriv --reuid edgeserve --regid edgeserve --clear-groups touch /run/edgeserve/media/sdr1/";
        string owners = await box.RunAsync("stat -c %U /etc /etc/default");
        // The helper talks to a pipe that stays open as long as a service's connection would.
        await box.RunAsync("mkfifo /tmp/ask; /usr/lib/edgeserve/stick serve < /tmp/ask > /tmp/answer 2>&1 & exec 3> /tmp/ask; (sleep 600 >&3 2>&3 & echo $! > /tmp/held); echo 'write sdr1' >&3");
        await box.RunAsync("for i in $(seq 600); do grep -q open /tmp/answer && exit 0; sleep 0.05; done; cat /tmp/answer; exit 1");
        await box.RunAsync($"{write}edgeserve/inside && {write}edgeserve/blobs/sha256/inside");
        Assert.NotEqual(0, (await box.TryAsync(write + "private/inside")).ExitCode);
        // Who wrote the stick owns it: the helper's gift ends at links.
        Assert.Equal(owners, await box.RunAsync("stat -c %U /etc /etc/default"));
        await box.RunAsync("kill $(cat /tmp/held); for i in $(seq 600); do grep -q closed /tmp/answer && exit 0; sleep 0.05; done; cat /tmp/answer; exit 1");
        Assert.NotEqual(0, (await box.TryAsync(write + "edgeserve/after")).ExitCode);
        Assert.Equal("blobs inside link", (await box.RunAsync("echo $(ls /run/edgeserve/media/sdr1/edgeserve)")).Trim());
        Assert.Equal("ejected\n", await box.RunAsync("echo 'eject sdr1' | /usr/lib/edgeserve/stick serve"));
        Assert.Equal("", await box.RunAsync("grep sdr1 /proc/self/mountinfo; true"));
    }

    [Fact]
    public async Task A_stick_enrols_and_updates_the_installed_service_and_gets_its_report_back()
    {
        Assert.SkipUnless(ScratchRoot.Unavailable is null, ScratchRoot.Unavailable ?? "");
        // At head office: a release of one model, and what enrols a box.
        await box.RunAsync("""
            mkdir -p /tmp/office && cd /tmp/office && edgeserve key generate office.pem && edgeserve bundle pack /usr/share/edgeserve/models/digits/1 --out release
            edgeserve channel build release:digits-1 --channel clinic --release 7 --device-class pi --out release && edgeserve channel sign release --channel clinic --key office.pem
            """);
        // systemd's socket, by systemd's own tool.
        await box.RunAsync("mkdir -p /run/edgeserve/media; systemd-socket-activate -l /run/edgeserve/helper.sock --accept --inetd /usr/lib/edgeserve/stick serve < /dev/null > /tmp/helper.log 2>&1 & for i in $(seq 200); do [ -S /run/edgeserve/helper.sock ] && break; sleep 0.05; done; chgrp edgeserve /run/edgeserve/helper.sock; chmod 0660 /run/edgeserve/helper.sock");
        await box.Root.ServeAsync();
        await box.Root.ReadyAsync();
        // On a stick, plugged in while it serves.
        await box.PlugAsync("sds1", "edgeserve stick write $stick --from /tmp/office/release --channel clinic && edgeserve fleet init --channel clinic --key /tmp/office/office.pem.pub --device-class pi --out $stick");
        await box.RunAsync("for i in $(seq 600); do [ -e /run/edgeserve/media/sds1/edgeserve/status.json ] && grep -q ' / /run/edgeserve/media/sds1 .* ro,' /proc/self/mountinfo && exit 0; sleep 0.1; done; cat /tmp/service.log /tmp/helper.log; cat /proc/self/mountinfo; exit 1");
        Assert.Contains("release 7", await box.RunAsync("edgeserve update status"), StringComparison.Ordinal);
        Assert.Contains("release 7", (await box.RunAsync("cat /run/edgeserve/media/sds1/edgeserve/status.html")).ToLowerInvariant(), StringComparison.Ordinal);
        string log = await box.RunAsync("cat /tmp/service.log");
        Assert.DoesNotContain("cannot be made writable", log, StringComparison.Ordinal);
        Assert.DoesNotContain("got no report", log, StringComparison.Ordinal);
        await box.Root.StopAsync();
    }
}
