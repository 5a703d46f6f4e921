using System.Diagnostics;
using System.Globalization;

namespace EdgeServe.AcceptanceTests.Running;

/// <summary>A network of its own with one address that is not loopback's: to a browser there, the box is another machine.</summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    public const string Address = "10.77.0.1";
    private readonly Process _holder;
    private readonly string[] _enter;

    private NetworkNamespace(Process holder, string[] enter)
    {
        _holder = holder;
        _enter = enter;
    }

    /// <summary>The command under which a program is in it, and becomes that program.</summary>
    public string[] Enter => _enter;

    /// <returns>Null where none can be made.</returns>
    public static async Task<NetworkNamespace?> TryCreateAsync()
    {
        if (!Tool.IsInstalled("unshare") || !Tool.IsInstalled("nsenter") || !Tool.IsInstalled("ip"))
            return null;
        bool root = Environment.IsPrivilegedProcess;
        // It says that it is there, and stays until its input ends.
        var holder = Tool.Start(null, "unshare", [.. root ? Array.Empty<string>() : ["--user", "--map-root-user"], "--net", "sh", "-c", $"ip link set lo up && ip address add {Address}/24 dev lo && echo there && exec cat"]);
        if (await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) != "there")
        {
            holder.Dispose();
            return null;
        }

        string id = holder.Id.ToString(CultureInfo.InvariantCulture);
        return new NetworkNamespace(holder, root ? ["nsenter", "--net", "-t", id] : ["nsenter", "--preserve-credentials", "--user", "--net", "-t", id]);
    }

    public Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments) => Tool.RunAsync(_enter[0], [.. _enter[1..], program, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync();
        _holder.Dispose();
    }
}
