namespace EdgeServe.AcceptanceTests.Packaging;

/// <summary>A box with the package installed, and sticks for it.</summary>
public sealed class InstalledBox : IAsyncLifetime
{
    public ScratchRoot Root { get; } = new();

    public async ValueTask InitializeAsync()
    {
        if (ScratchRoot.Unavailable is not null)
            return;
        await Root.InitializeAsync();
        await Root.InstallAsync(ScratchRoot.Package!);
        // What systemd-tmpfiles makes, and udev's word on a device.
        await Root.RunAsync("""
            mkdir -p /run/edgeserve/media && mkdir -m 0700 /run/edgeserve-stick
            cat > /usr/bin/udevadm <<'END'
            #!/bin/sh
            for last; do :; done
            echo "ID_FS_TYPE=$(cat "/tmp/type-${last##*/}")"
            END
            chmod +x /usr/bin/udevadm
            """);
    }

    public Task<string> RunAsync(string script) => Root.RunAsync(script);

    public Task<(int ExitCode, string Output)> TryAsync(string script) => Root.TryAsync(script);

    /// <summary>A stick with a file system that a script fills (its root is <c>$stick</c>), on USB, taken by the helper as udev would have it taken.</summary>
    public Task<string> PlugAsync(string name, string fill) => RunAsync($"""
        set -e
        stick=$(mktemp -d)
        truncate -s 64M /tmp/{name}.img && mkfs.ext4 -q /tmp/{name}.img
        loop=$(losetup --find --show /tmp/{name}.img)
        # Let go of once the last mount of it is gone.
        trap 'losetup --detach "$loop"' EXIT
        mount "$loop" "$stick"
        {fill}
        umount "$stick"
        place=/sys/devices/pci0/usb1/1-1/block/{name}
        mkdir -p "$place"
        echo ext4 > /tmp/type-{name}
        echo "7:$(echo "$loop" | tr -cd 0-9)" > "$place/dev"
        cp -a "$loop" /dev/{name}
        ln -sfn "$place" /sys/class/block/{name}
        /usr/lib/edgeserve/stick mount {name}
        """);

    public ValueTask DisposeAsync() => Root.DisposeAsync();
}
